// SPDX-License-Identifier: Apache-2.0
// What a context holds. For this room and its tests.
#pragma once
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/arch/x86_64/user_state.h"
#include "kernel/frame/user/user.h"

C_BEGIN

// Harmless at any time: what sets it sees to it. Only rip may be one that no program can have.
struct user_context {
    struct trap_regs regs;
    struct user_state state;
    struct user_exception exception;
    bool from_syscall; // left by SYSCALL: SYSRET may be the way back
};

// Brings to memory what a CPU, this or another, holds of the context. With `forget` it counts as
// in memory only. Supplied by user.c. Task context, no spin lock held.
void user_ctx_sync(struct user_context *ctx, bool forget);

C_END
