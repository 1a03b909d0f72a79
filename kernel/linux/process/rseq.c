// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/rseq.h"
#include "kernel/linux/process/signals.h"
#include <linux/rseq.h>

// No number of switches.
constexpr uint64_t NEVER = UINT64_MAX;

// ---- sequences ---------------------------------------------------------------------------------

static bool is_possible(const struct rseq_cs *cs)
{
    return cs->version == 0 && cs->start_ip < USER_END && cs->abort_ip < USER_END &&
           cs->post_commit_offset < USER_END - cs->start_ip &&
           cs->abort_ip - cs->start_ip >= cs->post_commit_offset;
}

// Whoever can set a sequence but not code cannot send the thread anywhere else.
static enum err check_signature(struct thread *t, const struct rseq_cs *cs)
{
    uint32_t signature;
    enum err err = mm_read(t->mm, (uaddr_t){cs->abort_ip - sizeof(signature)}, SPAN_OF(signature));
    return err == ERR_OK && signature != t->rseq.signature ? ERR_INVAL : err;
}

// Flags were for sequences that go on, which Linux has given up.
static enum err check_flags(struct thread *t, const struct rseq_cs *cs)
{
    uint32_t flags;
    enum err err =
        mm_read(t->mm, (uaddr_t){t->rseq.at + offsetof(struct rseq, flags)}, SPAN_OF(flags));
    return err == ERR_OK && (flags | cs->flags) != 0 ? ERR_INVAL : err;
}

// The thread's sequence; `at` is 0 if it is in none.
static enum err read_sequence(struct thread *t, uint64_t *at, struct rseq_cs *cs)
{
    uint64_t value = 0;
    enum err err =
        mm_read(t->mm, (uaddr_t){t->rseq.at + offsetof(struct rseq, rseq_cs)}, SPAN_OF(value));
    *at = value;
    if (err != ERR_OK || value == 0)
        return err;
    if (value >= USER_END)
        return ERR_INVAL;
    err = mm_read(t->mm, (uaddr_t){value}, SPAN_OF(*cs));
    if (err == ERR_OK && !is_possible(cs))
        err = ERR_INVAL;
    return err == ERR_OK ? check_signature(t, cs) : err;
}

static enum err forget_sequence(struct thread *t)
{
    uint64_t none = 0;
    return mm_write(t->mm, (uaddr_t){t->rseq.at + offsetof(struct rseq, rseq_cs)}, CSPAN_OF(none));
}

// One that it has left without saying so is forgotten too.
static enum err leave(struct thread *t, const struct rseq_cs *cs, struct user_regs *regs)
{
    bool inside = regs->rip - cs->start_ip < cs->post_commit_offset;
    enum err err = inside ? check_flags(t, cs) : ERR_OK;
    if (err == ERR_OK)
        err = forget_sequence(t);
    if (err == ERR_OK && inside)
        regs->rip = cs->abort_ip;
    return err;
}

enum err rseq_interrupt(struct thread *t, struct user_regs *regs)
{
    struct rseq_cs cs;
    uint64_t at;
    if (t->rseq.at == 0)
        return ERR_OK;
    enum err err = read_sequence(t, &at, &cs);
    return err == ERR_OK && at != 0 ? leave(t, &cs, regs) : err;
}

// ---- before user mode --------------------------------------------------------------------------

bool rseq_has_event(const struct thread *t)
{
    const struct thread_rseq *r = &t->rseq;
    return r->at != 0 && (r->switches != task_switches() ||
                          r->fences != load_acquire(&t->process->sequence_fences));
}

static enum err tell_cpu(struct thread *t, uint32_t start, uint32_t cpu)
{
    static_assert(offsetof(struct rseq, cpu_id_start) == 0 && offsetof(struct rseq, cpu_id) == 4);
    uint32_t ids[] = {start, cpu};
    return mm_write(t->mm, (uaddr_t){t->rseq.at}, CSPAN_OF(ids));
}

void rseq_settle(struct thread *t)
{
    struct rseq_cs cs;
    uint64_t at;
    if (!rseq_has_event(t))
        return;
    // Before the CPU is looked at: whoever gives way after that comes here again.
    t->rseq.fences = load_acquire(&t->process->sequence_fences);
    t->rseq.switches = task_switches();
    uint32_t cpu = task_cpu();
    enum err err = read_sequence(t, &at, &cs);
    if (err == ERR_OK && at != 0) {
        struct user_regs regs;
        user_ctx_get_regs(t->ctx, &regs);
        err = leave(t, &cs, &regs);
        user_ctx_set_regs(t->ctx, &regs);
    }
    if (err == ERR_OK)
        err = tell_cpu(t, cpu, cpu);
    if (err != ERR_OK) {
        struct signal_info broken = siginfo_kernel(SIGSEGV);
        signal_force(t, &broken);
    }
}

void rseq_fence(struct process *p) { atomic_add(&p->sequence_fences, 1); }

// ---- registering -------------------------------------------------------------------------------

static enum err check_known(const struct thread *t, uint64_t at, uint32_t size, uint32_t signature)
{
    if (t->rseq.at != at || t->rseq.size != size)
        return ERR_INVAL;
    return t->rseq.signature != signature ? ERR_PERM : ERR_OK;
}

enum err rseq_register(struct thread *t, uint64_t at, uint32_t size, uint32_t signature)
{
    if (t->rseq.at != 0) {
        enum err err = check_known(t, at, size, signature);
        return err == ERR_OK ? ERR_BUSY : err;
    }
    if (size < sizeof(struct rseq) || at % alignof(struct rseq) != 0)
        return ERR_INVAL;
    if (at >= USER_END || size > USER_END - at)
        return ERR_FAULT;
    t->rseq =
        (struct thread_rseq){.at = at, .size = size, .signature = signature, .switches = NEVER};
    // As on newer Linux: what was there before may be anything.
    enum err err = forget_sequence(t);
    if (err != ERR_OK)
        t->rseq = (struct thread_rseq){};
    return err;
}

enum err rseq_unregister(struct thread *t, uint64_t at, uint32_t size, uint32_t signature)
{
    enum err err = at != 0 ? check_known(t, at, size, signature) : ERR_INVAL;
    if (err == ERR_OK)
        err = tell_cpu(t, 0, (uint32_t)RSEQ_CPU_ID_UNINITIALIZED);
    if (err == ERR_OK)
        t->rseq = (struct thread_rseq){};
    return err;
}

void rseq_inherit(struct thread *t, const struct thread *from)
{
    t->rseq = from->rseq;
    t->rseq.switches = NEVER;
}
