// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/signal/signal.h"

// ---- what is told ------------------------------------------------------------------------------

// Where siginfo_t's words begin, after its three numbers and a hole.
constexpr size_t INFO_WORDS = 16;

static uint64_t pair(uint32_t low, uint32_t high) { return low | (uint64_t)high << 32; }

struct signal_info siginfo_sent(uint32_t signal, int32_t code, uint64_t pid, uint32_t uid)
{
    return (struct signal_info){
        .signal = (int32_t)signal, .code = code, .words = {pair((uint32_t)pid, uid)}};
}

struct signal_info siginfo_kernel(uint32_t signal) { return siginfo_sent(signal, SI_KERNEL, 0, 0); }

struct signal_info siginfo_timer(uint32_t signal, int32_t code, uint32_t id, uint64_t value)
{
    return (struct signal_info){.signal = (int32_t)signal, .code = code, .words = {id, value}};
}

uint32_t siginfo_timer_id(const struct signal_info *info) { return (uint32_t)info->words[0]; }

void siginfo_set_overrun(struct signal_info *info, uint32_t count)
{
    info->words[0] = pair((uint32_t)info->words[0], count);
}

struct signal_info siginfo_fault(uint32_t signal, int32_t code, uint64_t address)
{
    return (struct signal_info){.signal = (int32_t)signal, .code = code, .words = {address}};
}

struct signal_info siginfo_child(int32_t code, uint64_t pid, uint32_t uid, int32_t status)
{
    return (struct signal_info){
        .signal = SIGCHLD, .code = code, .words = {pair((uint32_t)pid, uid), (uint32_t)status}};
}

void siginfo_put(const struct signal_info *info, struct span to)
{
    span_fill(to, 0);
    span_put_u32(to, 0, (uint32_t)info->signal);
    span_put_u32(to, 4, (uint32_t)info->error);
    span_put_u32(to, 8, (uint32_t)info->code);
    for (size_t i = 0; i < COUNT_OF(info->words); i++)
        span_put_u64(to, INFO_WORDS + 8 * i, info->words[i]);
}

struct signal_info siginfo_of(struct cspan from)
{
    struct signal_info info = {.signal = (int32_t)cspan_u32(from, 0),
                               .error = (int32_t)cspan_u32(from, 4),
                               .code = (int32_t)cspan_u32(from, 8)};
    for (size_t i = 0; i < COUNT_OF(info.words); i++)
        info.words[i] = cspan_u64(from, INFO_WORDS + 8 * i);
    return info;
}

enum signal_default signal_default_of(uint32_t signal)
{
    switch (signal) {
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGXCPU:
    case SIGXFSZ:
    case SIGSYS:
        return SIGNAL_DUMPS;
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        return SIGNAL_IGNORED;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return SIGNAL_STOPS;
    case SIGCONT:
        return SIGNAL_CONTINUES;
    default:
        return SIGNAL_TERMINATES;
    }
}

// ---- those that wait ---------------------------------------------------------------------------

HEAP_DEFINE(entry, struct sigqueue_entry);

// atomic: how many entries there are, of all processes.
static uint64_t entries;

static struct sigqueue_entry *new_entry(uint64_t limit)
{
    struct sigqueue_entry *q = load_acquire(&entries) < limit ? entry_new() : nullptr;
    if (q != nullptr)
        atomic_add(&entries, 1);
    return q;
}

static void free_entry(struct sigqueue_entry *q)
{
    entry_delete(q);
    atomic_sub(&entries, 1);
}

enum err sigpending_add(struct sigpending *p, const struct signal_info *info, uint64_t limit)
{
    uint32_t signal = (uint32_t)info->signal;
    bool standard = signal < SIGNAL_RT_MIN && info->timer == 0;
    if (standard && sigset_has(p->set, signal))
        return ERR_OK;
    struct sigqueue_entry *q = new_entry(limit);
    if (q == nullptr && !standard)
        return ERR_AGAIN;
    if (q != nullptr) {
        q->info = *info;
        sigqueue_push_back(&p->queue, q);
    }
    p->set = sigset_or(p->set, sigset_of(signal));
    return ERR_OK;
}

// The first of a signal's that is queued, and whether there is another.
static struct sigqueue_entry *find(struct sigpending *p, uint32_t signal, bool *more)
{
    struct sigqueue_entry *first = nullptr;
    *more = false;
    for (struct sigqueue_entry *q = sigqueue_first(&p->queue); q != nullptr;
         q = sigqueue_next(&p->queue, q)) {
        if (q->info.signal != (int32_t)signal)
            continue;
        if (first != nullptr) {
            *more = true;
            break;
        }
        first = q;
    }
    return first;
}

bool sigpending_take(struct sigpending *p, struct sigset mask, struct signal_info *info)
{
    struct sigset ready = sigset_without(p->set, mask);
    if (sigset_is_empty(ready))
        return false;
    uint64_t first = ready.bits & SIGNALS_SYNCHRONOUS;
    uint32_t signal = (uint32_t)__builtin_ctzll(first != 0 ? first : ready.bits) + 1;
    bool more;
    struct sigqueue_entry *q = find(p, signal, &more);
    if (q != nullptr) {
        *info = q->info;
        sigqueue_remove(q);
        free_entry(q);
    } else {
        // Memory was short when it came.
        *info = siginfo_sent(signal, SI_USER, 0, 0);
    }
    if (!more)
        p->set = sigset_without(p->set, sigset_of(signal));
    return true;
}

void sigpending_discard(struct sigpending *p, struct sigset set)
{
    struct sigqueue_entry *next;
    for (struct sigqueue_entry *q = sigqueue_first(&p->queue); q != nullptr; q = next) {
        next = sigqueue_next(&p->queue, q);
        if (!sigset_has(set, (uint32_t)q->info.signal))
            continue;
        sigqueue_remove(q);
        free_entry(q);
    }
    p->set = sigset_without(p->set, set);
}
