// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/trace.h"
#include <asm/unistd.h>

constexpr uint64_t CALLS = 512; // one more than the highest number, and then some

struct call {
    sys_fn *serve; // null: none
    const char *name, *arguments;
};

#define FULL(number, name, arguments) [number] = {sys_##name, #name, arguments},
#define PARTIAL(number, name, arguments, note) [number] = {sys_##name, #name, arguments},
#define NONE(number, name, arguments) [number] = {nullptr, #name, arguments},
static const struct call calls[CALLS] = {
#include "kernel/linux/syscall/table.def"
};
#undef FULL
#undef PARTIAL
#undef NONE

#define FULL(number, name, arguments) static_assert(number == __NR_##name && number < CALLS);
#define PARTIAL(number, name, arguments, note) FULL(number, name, arguments)
#define NONE(number, name, arguments) FULL(number, name, arguments)
#include "kernel/linux/syscall/table.def"
#undef FULL
#undef PARTIAL
#undef NONE

static bool missed[CALLS]; // atomic: its absence has been logged

static void log_missing(struct thread *t, uint64_t nr)
{
    const char *name = nr < CALLS ? ELEM(calls, nr).name : nullptr;
    if (nr < CALLS && atomic_swap(&ELEM(missed, nr), true))
        return;
    log_debug("thread %lu: system call %lu (%s) is not there", t->tid, nr,
              name != nullptr ? name : "unknown");
}

static bool is_restart(sysret_t result)
{
    return result == RESTART_CALL || result == RESTART_ALWAYS || result == RESTART_NOHAND ||
           result == RESTART_REST;
}

void syscall_serve(struct thread *t)
{
    struct sys_args args;
    uint64_t nr = (uint32_t)user_ctx_syscall_nr(t->ctx); // the rest of rax does not count
    for (unsigned i = 0; i < 6; i++)
        args.arg[i] = user_ctx_syscall_arg(t->ctx, i);
    static const struct call unknown = {.arguments = "xxxxxx"};
    const struct call *call =
        nr < CALLS && ELEM(calls, nr).name != nullptr ? &ELEM(calls, nr) : &unknown;
    bool traced = trace_wants(t->tid, call->name);
    if (traced)
        trace_call(t->tid, nr, call->name, call->arguments, &args);
    sysret_t result = ERR_NOSYS;
    if (call->serve != nullptr)
        result = call->serve(t, &args);
    else
        log_missing(t, nr);
    // A frame's own registers come back by a call, which must not be made again.
    if (nr != __NR_rt_sigreturn && is_restart(result)) {
        t->restart = (enum call_restart)result;
        t->call_nr = nr;
        result = ERR_INTR;
    }
    if (traced)
        trace_result(t->tid, call->name, result);
    user_ctx_set_result(t->ctx, (uint64_t)result);
}
