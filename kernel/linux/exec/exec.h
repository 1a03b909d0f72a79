// SPDX-License-Identifier: Apache-2.0
// Making an address space from a program file: its segments and its interpreter's, its heap, and
// its stack with arguments, environment and auxiliary vector (psABI, "Process Initialization";
// execve(2); getauxval(3)).
#pragma once
#include "kernel/linux/exec/strings.h"
#include "kernel/linux/fs/walk.h"
#include "kernel/linux/mm/mm.h"

C_BEGIN

// Who the program is, for its auxiliary vector (getauxval(3)).
struct exec_identity {
    uint32_t uid, euid, gid, egid;
    bool secure; // it is to be careful
};

// What is started. References stay the caller's.
struct exec_request {
    struct entry *file;
    struct cspan name;            // as it was called, without a zero
    struct exec_strings *strings; // a script's are changed to those of its interpreter
    struct entry *root, *working; // where paths begin
    struct exec_identity identity;
};

struct exec_image {
    struct mm *mm;     // a reference
    struct entry *exe; // what is executed: a reference, and its file is open for that
    uaddr_t entry, sp;
    struct cspan name; // of what was asked for, without folders: the request's
};

// Loads. ERR_NOEXEC: no program for this machine, nor a script. ERR_2BIG: too many strings.
// ERR_ACCES: nobody may execute it. ERR_LOOP: a script's interpreter is a script's, and so on.
// ERR_LIBBAD: the interpreter is no program. ERR_TXTBSY: it is open for writing. ERR_NOENT and what
// else a walk has: of the interpreter. ERR_NOMEM. Task context, may sleep.
enum err exec_load(const struct exec_request *r, struct exec_image *out);

// Lets the file go that an image has, and the file alone of a copy.
void exec_image_put(struct exec_image *image);
struct entry *exec_file_get(struct entry *exe);
void exec_file_put(struct entry *exe);

C_END
