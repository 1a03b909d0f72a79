// SPDX-License-Identifier: Apache-2.0
// A new program's stack. exec/'s own header.
#pragma once
#include "kernel/linux/exec/exec.h"

C_BEGIN

// What the auxiliary vector tells of the program.
struct stack_facts {
    uint64_t entry, headers, header_count;
    uint64_t interpreter_base; // 0: there is none
    uint64_t vdso;             // where its image begins; 0: there is none
};

// Writes strings, vectors and counts below `top` in `mm`, whose space is active, and says where the
// stack pointer goes. ERR_2BIG: no room. ERR_NOMEM.
enum err stack_write(struct mm *mm, uint64_t top, const struct exec_request *r,
                     const struct stack_facts *facts, uaddr_t *sp);

C_END
