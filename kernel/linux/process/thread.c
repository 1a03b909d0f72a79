// SPDX-License-Identifier: Apache-2.0
// Threads: from clone(2) to their end.
#include "kernel/linux/futex/futex.h"
#include "kernel/linux/futex/pi.h"
#include "kernel/linux/futex/robust.h"
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/rseq.h"
#include "kernel/linux/process/schedule.h"
#include "kernel/linux/process/signals.h"
#include "kernel/linux/process/traits.h"
#include "kernel/linux/process/usage.h"

HEAP_DEFINE(thread, struct thread);

static const struct process_ops *ops;

void process_init(const struct process_ops *o) { ops = o; }

// Writes a word of the program's. Whether that can be is the program's own affair (clone(2)).
static void tell(struct mm *mm, uint64_t at, uint64_t value)
{
    uint32_t word = (uint32_t)value;
    if (mm_write(mm, (uaddr_t){at}, CSPAN_OF(word)) != ERR_OK)
        log_debug("no word to write at %lx", at);
}

TASK_DEFINE(thread_main, struct thread, t)
{
    static const struct user_hooks hooks = {signal_has_event};
    task_set_space(mm_space(t->mm));
    if (t->tell_tid != 0)
        tell(t->mm, t->tell_tid, t->tid);
    for (;;) {
        signal_deliver(t);
        rseq_settle(t);
        switch (user_mode_run(t->ctx, &hooks)) {
        case USER_SYSCALL:
            ops->serve_syscall(t);
            break;
        case USER_EXCEPTION:
            ops->serve_exception(t);
            break;
        case USER_KERNEL_EVENT:
            break;
        }
    }
}

void process_take_timer(struct process *p, struct signal_info *info) { ops->take_timer(p, info); }

void process_forget_timers(struct process *p) { ops->execute(p); }

struct thread *thread_running(void) { return thread_main_current(); }

void thread_put(struct thread *t)
{
    if (!refcount_put(&t->refs))
        return;
    pi_thread_destroy(t->pi);
    task_put(t->task);
    process_put(t->process);
    if (t->places != nullptr)
        places_put(t->places);
    if (t->cred != nullptr)
        cred_put(t->cred);
    thread_delete(t);
}

struct mm *thread_mm(struct thread *t)
{
    signals_lock(t->process);
    struct mm *mm = t->mm;
    if (mm != nullptr)
        mm_get(mm);
    signals_unlock(t->process);
    return mm;
}

struct thread *thread_find(uint64_t tid)
{
    family_lock(&family);
    struct pid *pid = pid_find(tid);
    struct thread *t = pid != nullptr ? pid->thread : nullptr;
    if (t != nullptr)
        refcount_get(&t->refs);
    family_unlock(&family);
    return t;
}

// ---- beginning ---------------------------------------------------------------------------------

// A thread of `p` and `mm`, whose references it takes over, that does not run yet.
static enum err make(struct process *p, struct mm *mm, struct thread **out)
{
    struct thread *t = thread_new();
    if (t == nullptr)
        return ERR_NOMEM;
    enum err err = user_ctx_create((uaddr_t){}, (uaddr_t){}, &t->ctx);
    if (err != ERR_OK)
        goto free_thread;
    err = thread_main_create(t, &t->task);
    if (err != ERR_OK)
        goto destroy_context;
    err = pi_thread_create(t->task, &t->pi);
    if (err != ERR_OK)
        goto put_task;
    refcount_init(&t->refs);
    t->process = p;
    t->mm = mm;
    *out = t;
    return ERR_OK;

put_task:
    task_put(t->task);
destroy_context:
    user_ctx_destroy(t->ctx);
free_thread:
    thread_delete(t);
    return err;
}

// One that has never run.
static void unmake(struct thread *t)
{
    user_ctx_destroy(t->ctx);
    mm_put(t->mm);
    if (t->files != nullptr)
        descriptors_put(t->files);
    thread_put(t);
}

// Enters a thread into its process, under an identifier that it uses from then on.
static void join(struct thread *t, struct pid *pid) REQUIRES(lc_processes) REQUIRES(lc_signals)
{
    t->pid = pid;
    t->tid = pid->nr;
    pid->thread = t;
    threads_push_back(&t->process->threads, t);
    t->process->thread_count++;
}

enum err process_start_first(const struct exec_image *image, struct descriptors *files,
                             struct places *places)
{
    static const struct clone_request request = {};
    struct process *p;
    struct thread *t;
    struct pid *pid;
    enum err err = process_make(nullptr, &request, &p);
    if (err != ERR_OK)
        return err;
    refcount_get(&p->refs); // the thread's
    err = make(p, image->mm, &t);
    if (err != ERR_OK)
        return err; // and the machine ends
    user_ctx_reset(t->ctx, image->entry, image->sp);
    t->files = files;
    t->places = places;
    traits_begin(t);
    struct cred *root;
    err = cred_make_first(&root);
    if (err != ERR_OK)
        return err;
    cred_inherit(t, root);
    cred_put(root);
    thread_set_name(t, image->name);
    family_lock(&family);
    err = pid_take(0, &pid);
    if (err == ERR_OK) {
        p->exe = image->exe;
        process_join(p, nullptr, false, pid);
        signals_lock(p);
        join(t, pid);
        signals_unlock(p);
        pi_thread_begin(t->pi, t->tid);
    }
    family_unlock(&family);
    if (err == ERR_OK)
        task_start(t->task);
    return err;
}

// As the request says: what is not shared is a copy.
static enum err copy(struct thread *from, const struct clone_request *r, struct thread **out)
{
    struct process *p = from->process;
    struct mm *mm = from->mm;
    enum err err = ERR_OK;
    if (r->thread)
        refcount_get(&p->refs);
    else
        err = process_make(from, r, &p);
    if (err != ERR_OK)
        return err;
    if (r->share_memory)
        mm_get(mm);
    else
        err = mm_clone(from->mm, &mm);
    if (err != ERR_OK)
        goto put_process;
    if (!r->thread)
        refcount_get(&p->refs); // the thread's, beside the family's
    err = make(p, mm, out);
    if (err == ERR_OK)
        return ERR_OK;
    mm_put(mm);
    if (!r->thread)
        process_put(p);
put_process:
    process_put(p);
    return err;
}

// Files and directories, shared or copied.
static enum err copy_files(struct thread *t, struct thread *from, const struct clone_request *r)
{
    enum err err = ERR_OK;
    if (r->share_files) {
        descriptors_get(from->files);
        t->files = from->files;
    } else {
        err = descriptors_copy(from->files, &t->files);
    }
    if (err != ERR_OK)
        return err;
    if (!r->share_places)
        return places_copy(from->places, &t->places);
    places_get(from->places);
    t->places = from->places;
    return ERR_OK;
}

static void set_registers(struct thread *t, struct thread *from, const struct clone_request *r)
{
    struct user_regs regs;
    user_ctx_copy(t->ctx, from->ctx);
    user_ctx_get_regs(t->ctx, &regs);
    regs.rax = 0;
    if (r->stack != 0)
        regs.rsp = r->stack;
    if (r->sets_tls)
        regs.fs_base = r->tls;
    user_ctx_set_regs(t->ctx, &regs);
    t->tell_tid = r->tell_child;
    t->clear_tid = r->clear_tid;
    if (!r->share_memory)
        rseq_inherit(t, from);
    // Two threads would have their frames on one stack (sigaltstack(2), "Notes").
    if (!r->share_memory || r->wait)
        t->signals.stack = from->signals.stack;
}

// Enters it, and its process if that is new, into the family. ERR_INTR: whoever sends a signal to
// all of a process or a group means those too that are being made; so it is looked at first.
static enum err enter(struct thread *t, struct thread *by, const struct clone_request *r)
{
    struct process *p = t->process;
    struct pid *pid;
    family_lock(&family);
    enum err err = thread_may_clone(by) ? pid_take(r->tid, &pid) : ERR_AGAIN;
    if (err != ERR_OK)
        goto unlock;
    signals_lock(by->process);
    t->signals.blocked = by->signals.blocked;
    if (signal_is_due_for(by))
        err = ERR_INTR;
    else if (r->thread)
        join(t, pid);
    signals_unlock(by->process);
    if (err == ERR_OK)
        schedule_inherit(t, by);
    if (err != ERR_OK) {
        pid_leave(pid);
    } else if (!r->thread) {
        process_join(p, by, r->sibling, pid);
        signals_lock(p);
        join(t, pid);
        signals_unlock(p);
    }
    if (err == ERR_OK)
        pi_thread_begin(t->pi, t->tid);
unlock:
    family_unlock(&family);
    return err;
}

enum err thread_clone(struct thread *by, const struct clone_request *r, uint64_t *tid)
{
    static const struct wait_limits limits = {.cancelled = thread_is_killed};
    struct thread *t;
    enum err err = copy(by, r, &t);
    if (err != ERR_OK)
        return err;
    err = copy_files(t, by, r);
    if (err == ERR_OK) {
        set_registers(t, by, r);
        traits_inherit(t, by);
        cred_inherit(t, by->cred);
        err = enter(t, by, r);
    }
    if (err != ERR_OK) {
        struct process *p = t->process;
        unmake(t);
        if (!r->thread)
            process_put(p); // what would have been the family's
        return err;
    }
    // Read before it runs: it may end, and be gone, at once.
    *tid = t->tid;
    if (r->tell_parent != 0)
        tell(by->mm, r->tell_parent, t->tid);
    refcount_get(&t->refs);
    task_start(t->task);
    if (r->wait)
        waitq_until_or(&t->letting_go, load_acquire(&t->let_go), &limits, err);
    thread_put(t);
    return ERR_OK;
}

// ---- ending ------------------------------------------------------------------------------------

// Tells whoever waits for its words (set_tid_address(2), get_robust_list(2)).
void thread_leave_words(struct thread *t)
{
    futex_robust_end(t->mm, t->robust_list, t->tid);
    pi_thread_end(t->pi);
    // Nobody else can look at memory that is the thread's alone.
    if (t->clear_tid != 0 && mm_is_shared(t->mm)) {
        struct futex_word word = {t->mm, {t->clear_tid}, true};
        uint32_t woken;
        tell(t->mm, t->clear_tid, 0);
        if (futex_wake(word, 1, FUTEX_ANY, &woken) != ERR_OK)
            log_debug("thread %lu: no word at %lx", t->tid, t->clear_tid);
    }
    t->robust_list = 0;
    t->clear_tid = 0;
}

void thread_let_go(struct thread *t)
{
    store_release(&t->let_go, true);
    waitq_wake_all(&t->letting_go);
}

static void let_memory_go(struct thread *t)
{
    struct mm *mm = t->mm;
    thread_leave_words(t);
    task_set_space(nullptr);
    signals_lock(t->process);
    t->mm = nullptr;
    signals_unlock(t->process);
    mm_put(mm);
    user_ctx_destroy(t->ctx);
    thread_let_go(t);
    descriptors_put(t->files);
}

// What the others of its process have to know. True: there is none.
static bool leave(struct thread *t, uint32_t *wait_status, bool *all_stopped) REQUIRES(lc_processes)
{
    struct process *p = t->process;
    signals_lock(p);
    p->used = usage_sum(p->used, usage_of_thread(t));
    threads_remove(t);
    sigpending_discard(&t->signals.pending, (struct sigset){~0ull});
    // It may be the one that was to see to what waits for any of them.
    signals_look_all(p);
    if (p->ending)
        *wait_status = p->end_status;
    bool last = --p->thread_count == 0;
    *all_stopped = !last && p->stop.on && p->stop.stopped == p->thread_count;
    signals_unlock(p);
    return last;
}

void thread_end(struct thread *t, uint32_t wait_status)
{
    struct process *p = t->process;
    bool all_stopped, gone = false;
    let_memory_go(t);
    family_lock(&family);
    makers_leave(t);
    bool last = leave(t, &wait_status, &all_stopped);
    t->pid->thread = nullptr;
    pid_leave(t->pid);
    if (last) {
        ops->end(p);
        gone = process_ended(p, wait_status);
    } else if (all_stopped) {
        process_tell_stop(p);
    }
    family_unlock(&family);
    waitq_wake_all(&p->thread_left);
    if (gone)
        process_put(p);
    thread_put(t);
    task_exit();
}

void process_end(struct thread *t, uint32_t wait_status)
{
    struct process *p = t->process;
    if (p->pid == 1)
        process_end_machine(wait_status);
    signals_lock(p);
    // The first of several that end it says how.
    if (!p->ending) {
        p->ending = true;
        p->end_status = wait_status;
        p->stop.on = false;
        signals_look_all(p);
    }
    signals_unlock(p);
    waitq_wake_all(&p->go_on);
    thread_end(t, wait_status);
}
