// SPDX-License-Identifier: Apache-2.0
// The launcher's command line.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum accel {
    ACCEL_AUTO, // KVM where it works, else TCG
    ACCEL_TCG,
    ACCEL_KVM,
};

struct options {
    const char *qemu; // the emulator; set by the Bazel target
    const char *gdb_script;
    const char *kernel;   // file or label
    const char *module;   // null: none
    char *const *program; // its name and arguments
    int program_words;    // 0: none; else `module` is the program, or has it
    const char *rootfs;   // an archive, which is `module` then; null: none
    const char *append;   // null: none
    const char *machine;  // microvm, pc or q35
    const char *cpu;      // null: the accelerator's default
    enum accel accel;
    unsigned smp;
    unsigned mem_mib;
    unsigned timeout_s; // 0: none
    bool gdb, icount, verbose, help;
};

// The launcher's own failure, as chroot(1) and timeout(1) have it; and a timeout.
constexpr int STATUS_LAUNCHER = 125;
constexpr int STATUS_TIMEOUT = 124;

constexpr unsigned MEM_DEFAULT_MIB = 128;

// Fills `o` from the arguments after argv[0]. False on an error, and `error` says which in one
// line (cut to `size`). The strings stay argv's.
bool options_parse(int argc, char *const argv[], struct options *o, char *error, unsigned size);

// The text of -h.
extern const char options_usage[];

#ifdef __cplusplus
}
#endif
