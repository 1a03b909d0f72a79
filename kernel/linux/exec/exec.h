// SPDX-License-Identifier: Apache-2.0
// Making an address space from a program file: its segments, its heap, and its stack with
// arguments, environment and auxiliary vector (psABI, "Process Initialization"; getauxval(3)).
#pragma once
#include "kernel/frame/frame.h"
#include "kernel/linux/mm/mm.h"

C_BEGIN

// The most bytes that arguments and environment may have together.
constexpr size_t EXEC_STRINGS_MAX = 2 * MIB;

// What a program is started with: strings that each end in a zero, one behind the other.
struct exec_request {
    struct cspan file;    // lives as long as the kernel
    struct cspan name;    // as it was called, without a zero
    struct cspan strings; // the arguments, then the environment
    uint32_t argc, envc;
};

struct exec_image {
    struct mm *mm; // a reference
    uaddr_t entry, sp;
    struct cspan name; // of its file, without folders
};

// Loads. ERR_NOEXEC: no program for this machine. ERR_2BIG: too many strings. ERR_NOMEM. ERR_NOENT:
// it asks for an interpreter that is not there. Task context, may sleep.
enum err exec_load(const struct exec_request *r, struct exec_image *out);

C_END
