// SPDX-License-Identifier: Apache-2.0
// Signals as values: sets of them, what is told about one, and those that wait. Pure; callers see
// to locking (signal(7), sigaction(2), and the layouts of asm/siginfo.h).
#pragma once
#include "kernel/frame/frame.h"
#ifdef __cplusplus
#include <signal.h> // tests have the C library, with whose headers Linux's do not go together
#else
#include <asm/siginfo.h>
#include <asm/signal.h>
#endif

C_BEGIN

// Numbers go from 1 to 64. From here on they queue (the C library keeps the first two to itself).
constexpr uint32_t SIGNAL_MAX = 64, SIGNAL_RT_MIN = 32;

// Bit n - 1 is signal n, as in a program's sigset_t.
struct sigset {
    uint64_t bits;
};

static inline struct sigset sigset_of(uint32_t signal)
{
    return (struct sigset){1ull << (signal - 1)};
}
static inline bool sigset_has(struct sigset s, uint32_t signal)
{
    return (s.bits >> (signal - 1) & 1) != 0;
}
static inline struct sigset sigset_or(struct sigset a, struct sigset b)
{
    return (struct sigset){a.bits | b.bits};
}
static inline struct sigset sigset_without(struct sigset a, struct sigset b)
{
    return (struct sigset){a.bits & ~b.bits};
}
static inline bool sigset_is_empty(struct sigset s) { return s.bits == 0; }

// Those that stop or go on with a process, those that no handler or mask keeps away, and those that
// an instruction of the thread itself causes.
constexpr uint64_t SIGNALS_STOP =
    1ull << (SIGSTOP - 1) | 1ull << (SIGTSTP - 1) | 1ull << (SIGTTIN - 1) | 1ull << (SIGTTOU - 1);
constexpr uint64_t SIGNALS_ALWAYS = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1);
constexpr uint64_t SIGNALS_SYNCHRONOUS = 1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) |
                                         1ull << (SIGILL - 1) | 1ull << (SIGTRAP - 1) |
                                         1ull << (SIGFPE - 1) | 1ull << (SIGSYS - 1);

// What siginfo_t says beyond its zeros: three numbers, and words whose meaning goes by the code.
struct signal_info {
    int32_t signal, error, code;
    uint64_t words[4];
    uint64_t timer; // whose the signal is, not told to programs; 0: none's
};
constexpr size_t SIGINFO_SIZE = 128;

// By kill(2) and the like; by the kernel itself; by a timer; by an instruction; of a child.
struct signal_info siginfo_sent(uint32_t signal, int32_t code, uint64_t pid, uint32_t uid);
struct signal_info siginfo_kernel(uint32_t signal);
struct signal_info siginfo_timer(uint32_t signal, int32_t code, uint32_t id, uint64_t value);
struct signal_info siginfo_fault(uint32_t signal, int32_t code, uint64_t address);
struct signal_info siginfo_child(int32_t code, uint64_t pid, uint32_t uid, int32_t status);

// A timer's identifier, and how many of its times have passed without a signal.
uint32_t siginfo_timer_id(const struct signal_info *info);
void siginfo_set_overrun(struct signal_info *info, uint32_t count);

// To a program's siginfo_t, all of its SIGINFO_SIZE bytes; and from one.
void siginfo_put(const struct signal_info *info, struct span to);
struct signal_info siginfo_of(struct cspan from);

// What a signal does where the program has not said otherwise (signal(7)).
enum signal_default : int {
    SIGNAL_TERMINATES,
    SIGNAL_DUMPS, // the same, and the status says that a core would have been written
    SIGNAL_IGNORED,
    SIGNAL_STOPS,
    SIGNAL_CONTINUES,
};
enum signal_default signal_default_of(uint32_t signal);

// ---- those that wait ---------------------------------------------------------------------------

struct sigqueue_entry {
    struct list_link link;
    struct signal_info info;
};
TLIST_DEFINE(sigqueue, struct sigqueue_entry, link);

// A thread's or a process's. All zero is empty.
struct sigpending {
    struct sigset set;
    struct sigqueue queue;
};

// Adds one. A standard signal that waits already is not added again, which is no error, unless it
// is a timer's; without memory a standard one waits without what is told about it. ERR_AGAIN: no
// memory for a real-time one, or a timer's, or `limit` signals wait already in all.
enum err sigpending_add(struct sigpending *p, const struct signal_info *info, uint64_t limit);

// Takes the next one out that `mask` does not block: what an instruction has caused first, then by
// number, equal ones as they came. False if there is none.
bool sigpending_take(struct sigpending *p, struct sigset mask, struct signal_info *info);

// Forgets those of `set`.
void sigpending_discard(struct sigpending *p, struct sigset set);

C_END
