// SPDX-License-Identifier: Apache-2.0
// From options to a QEMU command. Pure, but for asking the machine about KVM.
#pragma once
#include "toolchain/qemu/options.h"
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

constexpr size_t COMMAND_WORDS_MAX = 64;

struct command {
    size_t count;
    char *words[COMMAND_WORDS_MAX + 1]; // null at the end; each from malloc
};

// What the launcher found out, and opened, before.
struct resources {
    bool kvm;               // use it
    bool iso;               // the kernel file is a GRUB ISO
    bool terminal;          // standard input is one
    bool framed;            // the console is to carry three streams (stdio.h)
    int status_fd;          // where the guest's status byte goes
    int module_fd;          // of options.module; -1: none
    const char *gdb_socket; // null: no debugger
};

// Fills `c`. False if the options do not go together; `error` says why.
bool command_build(const struct options *o, const struct resources *r, struct command *c,
                   char *error, unsigned size);
void command_free(struct command *c);

// Whether a text as in /proc/cpuinfo names Intel's or AMD's virtualization.
bool cpuinfo_has_virtualization(const char *text);

// Whether KVM can be expected to run an ordinary kernel here: /dev/kvm opens, and the CPU has
// what it needs. (There are machines with the one and not the other.)
bool kvm_is_usable(void);

// Whether a file's content, of which `head` are the first 32774 bytes or more, is an ISO image.
bool head_is_iso(const char *head, size_t len);

#ifdef __cplusplus
}
#endif
