// SPDX-License-Identifier: Apache-2.0
// execve(2): a process goes on with another program.
#include "kernel/linux/futex/pi.h"
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/limits.h"
#include "kernel/linux/process/signals.h"
#include "kernel/linux/process/traits.h"

// ---- alone -------------------------------------------------------------------------------------

static bool is_alone(struct process *p)
{
    signals_lock(p);
    bool alone = p->thread_count == 1;
    signals_unlock(p);
    return alone;
}

// The other threads end. ERR_AGAIN: another one does the same, or all are to end.
static enum err become_sole(struct thread *t)
{
    static const struct wait_limits limits = {.cancelled = thread_is_killed};
    struct process *p = t->process;
    enum err err = ERR_OK;
    signals_lock(p);
    if (p->ending || p->sole != nullptr) {
        err = ERR_AGAIN;
    } else if (p->thread_count > 1) {
        p->sole = t;
        signals_look_all(p);
    }
    signals_unlock(p);
    if (err != ERR_OK)
        return err;
    waitq_wake_all(&p->go_on); // those that are stopped
    waitq_until_or(&p->thread_left, is_alone(p), &limits, err);
    signals_lock(p);
    p->sole = nullptr;
    signals_unlock(p);
    return err == ERR_INTR ? ERR_AGAIN : err;
}

// The only thread has the process's identifier (execve(2), "Effect on process attributes").
static void become_first(struct thread *t) REQUIRES(lc_processes)
{
    struct process *p = t->process;
    if (t->pid == p->id)
        return;
    t->pid->thread = nullptr;
    pid_leave(t->pid);
    t->pid = p->id;
    pid_use(t->pid);
    t->pid->thread = t;
    t->tid = t->pid->nr;
}

// ---- what begins anew --------------------------------------------------------------------------

// Handlers are the old program's; what is ignored stays ignored.
static void reset_handlers(struct process *p)
{
    signals_lock(p);
    for (uint32_t i = 1; i <= SIGNAL_MAX; i++) {
        struct signal_action *a = signal_action_of(p, i);
        *a = (struct signal_action){.handler = a->handler == SIGNAL_IGNORE ? SIGNAL_IGNORE
                                                                           : SIGNAL_DEFAULT};
    }
    signals_unlock(p);
}

static void switch_memory(struct thread *t, const struct exec_image *image)
{
    struct mm *before = t->mm;
    thread_leave_words(t);
    signals_lock(t->process);
    t->mm = image->mm;
    signals_unlock(t->process);
    task_set_space(mm_space(t->mm));
    thread_let_go(t);
    mm_put(before);
}

static void begin_anew(struct thread *t)
{
    t->signals.stack = (struct signal_stack){};
    t->restart = RESTART_NOTHING;
    t->tell_tid = 0;
    t->rseq = (struct thread_rseq){};
    store_release(&t->process->barriers, 0);
}

// On an error nothing of either is anybody's any more.
static enum err give_up(struct exec_image *image, struct cred *cred, enum err err)
{
    exec_image_put(image);
    cred_put(cred);
    return err;
}

enum err process_execute(struct thread *t, struct exec_image *image, struct cred *cred)
{
    struct process *p = t->process;
    struct descriptors *files = nullptr;
    enum err err = refcount_read(&p->handlers->refs) > 1 ? ERR_INVAL : ERR_OK;
    // Descriptors that others share stay as they are to these (execve(2)).
    if (err == ERR_OK && descriptors_are_shared(t->files))
        err = descriptors_copy(t->files, &files);
    if (err == ERR_OK)
        err = become_sole(t);
    if (err != ERR_OK) {
        if (files != nullptr)
            descriptors_put(files);
        return give_up(image, cred, err);
    }
    if (files != nullptr) {
        descriptors_put(t->files);
        t->files = files;
    }
    switch_memory(t, image);
    reset_handlers(p);
    begin_anew(t);
    thread_set_name(t, image->name);
    thread_set_cred(t, cred);
    family_lock(&family);
    become_first(t);
    pi_thread_begin(t->pi, t->tid);
    struct entry *exe = p->exe;
    p->exe = image->exe;
    p->executes = true;
    process_forget_timers(p);
    family_unlock(&family);
    exec_file_put(exe);
    user_ctx_reset(t->ctx, image->entry, image->sp);
    descriptors_close_on_exec(t->files);
    return ERR_OK;
}
