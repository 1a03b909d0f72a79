// SPDX-License-Identifier: Apache-2.0
// wait4(2) and waitid(2).
#include "kernel/linux/syscall/rusage.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/wait.h>

// Every thread of a process waits for all of the process's children.
constexpr uint32_t WAIT4_OPTIONS = WNOHANG | WUNTRACED | WCONTINUED | __WALL | __WCLONE;
constexpr uint32_t WAITID_OPTIONS = WAIT4_OPTIONS | WEXITED | WNOWAIT;

static uint64_t own_group(struct thread *t)
{
    uint64_t group;
    must(process_group(t->process->pid, &group));
    return group;
}

sysret_t sys_wait4(struct thread *t, const struct sys_args *a)
{
    int32_t pid = (int32_t)a->arg[0];
    uint32_t options = (uint32_t)a->arg[2];
    uaddr_t to = {a->arg[1]};
    struct wait_answer answer;
    if ((options & ~WAIT4_OPTIONS) != 0)
        return ERR_INVAL;
    if (pid == INT32_MIN)
        return ERR_SRCH;
    struct wait_request request = {
        .pid = pid > 0 ? (uint64_t)pid : 0,
        .group = pid == 0   ? own_group(t)
                 : pid < -1 ? (uint64_t)-pid
                            : 0,
        .poll = (options & WNOHANG) != 0,
        .ended = true,
        .stopped = (options & WUNTRACED) != 0,
        .continued = (options & WCONTINUED) != 0,
        .all = (options & __WALL) != 0,
        .clones = (options & __WCLONE) != 0,
    };
    enum err err = process_wait(t->process, &request, &answer);
    if (err == ERR_INTR)
        return RESTART_CALL;
    if (err == ERR_OK && answer.pid != 0 && to.raw != 0)
        err = mm_write(t->mm, to, CSPAN_OF(answer.wait_status));
    if (err == ERR_OK && answer.pid != 0 && a->arg[3] != 0)
        err = rusage_write(t, a->arg[3], &answer.used);
    return err == ERR_OK ? (sysret_t)answer.pid : err;
}

// Whom waitid names.
static enum err name(struct thread *t, uint32_t kind, int32_t id, struct wait_request *r)
{
    switch (kind) {
    case P_ALL:
        return ERR_OK;
    case P_PID:
        r->pid = (uint64_t)id;
        return id > 0 ? ERR_OK : ERR_INVAL;
    case P_PGID:
        r->group = id == 0 ? own_group(t) : (uint64_t)id;
        return id >= 0 ? ERR_OK : ERR_INVAL;
    case P_PIDFD:
        return id >= 0 ? ERR_BADF : ERR_INVAL; // no descriptor is one of these yet
    }
    return ERR_INVAL;
}

sysret_t sys_waitid(struct thread *t, const struct sys_args *a)
{
    uint32_t options = (uint32_t)a->arg[3];
    struct wait_answer answer;
    uint8_t bytes[SIGINFO_SIZE] = {};
    if ((options & ~WAITID_OPTIONS) != 0 || (options & (WEXITED | WSTOPPED | WCONTINUED)) == 0)
        return ERR_INVAL;
    struct wait_request request = {
        .poll = (options & WNOHANG) != 0,
        .keep = (options & WNOWAIT) != 0,
        .ended = (options & WEXITED) != 0,
        .stopped = (options & WSTOPPED) != 0,
        .continued = (options & WCONTINUED) != 0,
        .all = (options & __WALL) != 0,
        .clones = (options & __WCLONE) != 0,
    };
    enum err err = name(t, (uint32_t)a->arg[0], (int32_t)a->arg[1], &request);
    if (err == ERR_OK)
        err = process_wait(t->process, &request, &answer);
    if (err == ERR_INTR)
        return RESTART_CALL;
    if (err == ERR_OK && answer.pid != 0 && a->arg[4] != 0)
        err = rusage_write(t, a->arg[4], &answer.used);
    if (err != ERR_OK || a->arg[2] == 0)
        return err;
    // As far as the status; without a child all of it is zero.
    if (answer.pid != 0)
        siginfo_put(&answer.info, SPAN_OF(bytes));
    return mm_write(t->mm, (uaddr_t){a->arg[2]}, cspan_sub(CSPAN_OF(bytes), 0, 28));
}
