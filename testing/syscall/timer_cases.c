// SPDX-License-Identifier: Apache-2.0
// Interval timers, alarms, processor time, and what has been used.
#include "testing/syscall/signals.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>

constexpr long MS = 1'000'000, SECOND = 1'000'000'000;

// As the kernel has it.
struct event {
    union {
        int number;
        void *pointer;
    } value;
    int signal, how, tid, pad[11];
};
static_assert(sizeof(struct event) == 64);

static long now(int clock)
{
    struct timespec t;
    CHECK_EQ(call(SYS_clock_gettime, clock, &t), 0);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static struct itimerspec spec(long value, long interval)
{
    return (struct itimerspec){{interval / SECOND, interval % SECOND},
                               {value / SECOND, value % SECOND}};
}

static long left(int id)
{
    struct itimerspec s;
    CHECK_EQ(call(SYS_timer_gettime, id, &s), 0);
    return s.it_value.tv_sec * SECOND + s.it_value.tv_nsec;
}

static long set(int id, int flags, long value, long interval)
{
    struct itimerspec s = spec(value, interval);
    return call(SYS_timer_settime, id, flags, &s, nullptr);
}

static void await_count(int n)
{
    while (count < n)
        sched_yield();
}

// ---- alarm and setitimer -----------------------------------------------------------------------

CASE(alarm, "sends SIGALRM once, and says what was left of the last one")
{
    count = 0;
    CHECK_EQ(act(SIGALRM, note, 0, 0), 0);
    CHECK_EQ(call(SYS_alarm, 100), 0);
    CHECK_EQ(call(SYS_alarm, 1), 100);
    long begin = now(CLOCK_MONOTONIC);
    CHECK_EQ(call(SYS_pause), -EINTR);
    CHECK(now(CLOCK_MONOTONIC) - begin >= SECOND - 1 * MS);
    CHECK_EQ(count, 1);
    CHECK_EQ(info.si_code, SI_KERNEL);
    CHECK_EQ(call(SYS_alarm, 50), 0);
    CHECK_EQ(call(SYS_alarm, 0), 50);
    CHECK_EQ(set_default(SIGALRM), 0);
}

CASE(setitimer, "comes again and again, until it is set to nothing")
{
    struct itimerval t = {{0, 2000}, {0, 1000}}, old;
    count = 0;
    CHECK_EQ(act(SIGALRM, note, 0, 0), 0);
    CHECK_EQ(call(SYS_setitimer, ITIMER_REAL, &t, nullptr), 0);
    await_count(4);
    CHECK_EQ(call(SYS_getitimer, ITIMER_REAL, &old), 0);
    CHECK_EQ(old.it_interval.tv_usec, 2000);
    CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec <= 2000);
    t = (struct itimerval){};
    CHECK_EQ(call(SYS_setitimer, ITIMER_REAL, &t, &old), 0);
    CHECK_EQ(old.it_interval.tv_usec, 2000);
    int seen = count;
    CHECK_EQ(call(SYS_getitimer, ITIMER_REAL, &old), 0);
    CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
    CHECK_EQ(count, seen);
    CHECK_EQ(set_default(SIGALRM), 0);
}

static volatile unsigned long work;

static void use_up(int which, int signal)
{
    struct itimerval t = {{0, 0}, {0, 20000}};
    count = 0;
    CHECK_EQ(act(signal, note, 0, 0), 0);
    long begin = now(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQ(call(SYS_setitimer, which, &t, nullptr), 0);
    while (count == 0)
        work++;
    // Linux's clock ticks for these.
    CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - begin >= 10 * MS);
    CHECK_EQ(caught[0], signal);
    CHECK_EQ(set_default(signal), 0);
}

CASE(setitimer, "by the process's time") { use_up(ITIMER_VIRTUAL, SIGVTALRM); }
CASE(setitimer, "by the process's and the kernel's time for it") { use_up(ITIMER_PROF, SIGPROF); }

static void check_no_timer(void)
{
    struct itimerval t;
    CHECK_EQ(call(SYS_getitimer, ITIMER_REAL, &t), 0);
    CHECK(t.it_value.tv_sec == 0 && t.it_value.tv_usec == 0);
}

CASE(setitimer, "is not inherited by a child")
{
    struct itimerval t = {{0, 0}, {100, 0}};
    CHECK_EQ(call(SYS_setitimer, ITIMER_REAL, &t, nullptr), 0);
    CHECK_EQ(in_child(check_no_timer), 0);
    CHECK_EQ(call(SYS_alarm, 0), 100);
}

CASE(setitimer, "errors")
{
    struct itimerval t = {{0, 0}, {0, 1000000}};
    CHECK_EQ(call(SYS_setitimer, ITIMER_REAL, &t, nullptr), -EINVAL);
    t = (struct itimerval){{0, 0}, {-1, 0}};
    CHECK_EQ(call(SYS_setitimer, ITIMER_REAL, &t, nullptr), -EINVAL);
    t = (struct itimerval){};
    CHECK_EQ(call(SYS_setitimer, 3, &t, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_setitimer, ITIMER_REAL, nowhere, nullptr), -EFAULT);
    CHECK_EQ(call(SYS_setitimer, ITIMER_REAL, &t, nowhere), -EFAULT);
}

CASE(getitimer, "errors")
{
    struct itimerval t;
    CHECK_EQ(call(SYS_getitimer, 3, &t), -EINVAL);
    CHECK_EQ(call(SYS_getitimer, ITIMER_REAL, nowhere), -EFAULT);
}

// ---- timer_create ------------------------------------------------------------------------------

static int make(int clock, struct event *e)
{
    int id = -1;
    CHECK_EQ(call(SYS_timer_create, clock, e, &id), 0);
    return id;
}

CASE(timer_create, "without an event: SIGALRM with the timer's number")
{
    count = 0;
    CHECK_EQ(act(SIGALRM, note, 0, 0), 0);
    int id = make(CLOCK_MONOTONIC, nullptr);
    CHECK_EQ(set(id, 0, 1 * MS, 0), 0);
    await_count(1);
    CHECK_EQ(info.si_code, SI_TIMER);
    CHECK_EQ(info.si_timerid, id);
    CHECK_EQ(info.si_value.sival_int, id);
    CHECK_EQ(info.si_overrun, 0);
    CHECK_EQ(left(id), 0);
    CHECK_EQ(call(SYS_timer_delete, id), 0);
    CHECK_EQ(call(SYS_timer_delete, id), -EINVAL);
    CHECK_EQ(set_default(SIGALRM), 0);
}

CASE(timer_create, "a queued signal with a value")
{
    struct event e = {.value.number = 4711, .signal = 40, .how = SIGEV_SIGNAL};
    count = 0;
    CHECK_EQ(act(40, note, 0, 0), 0);
    int id = make(CLOCK_REALTIME, &e);
    CHECK_EQ(set(id, TIMER_ABSTIME, now(CLOCK_REALTIME) + 1 * MS, 0), 0);
    await_count(1);
    CHECK_EQ(info.si_value.sival_int, 4711);
    CHECK_EQ(info.si_timerid, id);
    CHECK_EQ(call(SYS_timer_delete, id), 0);
    CHECK_EQ(set_default(40), 0);
}

CASE(timer_settime, "an interval: again and again, and what is missed while blocked is counted")
{
    struct event e = {.signal = 41, .how = SIGEV_SIGNAL};
    count = 0;
    CHECK_EQ(act(41, note, 0, 0), 0);
    int id = make(CLOCK_MONOTONIC, &e);
    CHECK_EQ(set(id, 0, 1 * MS, 1 * MS), 0);
    await_count(3);
    mask(SIG_BLOCK, bit(41));
    struct timespec t = {0, 20 * MS};
    CHECK_EQ(call(SYS_nanosleep, &t, nullptr), 0);
    count = 0;
    // One waits, whatever has passed since.
    mask(SIG_UNBLOCK, bit(41));
    CHECK(count >= 1);
    await_count(1);
    CHECK_EQ(set(id, 0, 0, 0), 0);
    CHECK_EQ(left(id), 0);
    CHECK_EQ(call(SYS_timer_delete, id), 0);
    CHECK_EQ(set_default(41), 0);
}

CASE(timer_getoverrun, "how many more there were than the signal that was taken")
{
    struct event e = {.signal = 42, .how = SIGEV_SIGNAL};
    uint64_t set42 = bit(42);
    siginfo_t i;
    mask(SIG_BLOCK, set42);
    int id = make(CLOCK_MONOTONIC, &e);
    CHECK_EQ(call(SYS_timer_getoverrun, id), 0);
    CHECK_EQ(set(id, 0, 1 * MS, 1 * MS), 0);
    struct timespec t = {0, 20 * MS};
    CHECK_EQ(call(SYS_nanosleep, &t, nullptr), 0);
    CHECK_EQ(call(SYS_rt_sigtimedwait, &set42, &i, nullptr, 8), 42);
    CHECK(i.si_overrun >= 10);
    CHECK_EQ(call(SYS_timer_getoverrun, id), i.si_overrun);
    CHECK_EQ(call(SYS_timer_getoverrun, id + 1000), -EINVAL);
    CHECK_EQ(call(SYS_timer_delete, id), 0);
    struct timespec none = {};
    call(SYS_rt_sigtimedwait, &set42, &i, &none, 8);
    mask(SIG_UNBLOCK, set42);
}

CASE(timer_gettime, "what is left, and the interval; a timer that tells nobody")
{
    struct event e = {.how = SIGEV_NONE};
    struct itimerspec s;
    int id = make(CLOCK_MONOTONIC, &e);
    CHECK_EQ(left(id), 0);
    CHECK_EQ(set(id, 0, 100 * SECOND, 7 * SECOND), 0);
    CHECK_EQ(call(SYS_timer_gettime, id, &s), 0);
    CHECK(left(id) > 90 * SECOND && left(id) <= 100 * SECOND);
    CHECK_EQ(s.it_interval.tv_sec, 7);
    struct itimerspec old, new = spec(1 * MS, 0);
    CHECK_EQ(call(SYS_timer_settime, id, 0, &new, &old), 0);
    CHECK(old.it_value.tv_sec >= 90);
    CHECK_EQ(old.it_interval.tv_sec, 7);
    while (left(id) > 0)
        sched_yield();
    CHECK_EQ(call(SYS_timer_gettime, id, nowhere), -EFAULT);
    CHECK_EQ(call(SYS_timer_gettime, id + 1000, &s), -EINVAL);
    CHECK_EQ(call(SYS_timer_delete, id), 0);
}

static volatile long handled_by;

static void note_thread(int, siginfo_t *, void *)
{
    handled_by = syscall(SYS_gettid);
    count++;
}

static void *be_told(void *)
{
    struct event e = {.signal = SIGUSR1, .how = SIGEV_THREAD_ID, .tid = (int)call(SYS_gettid)};
    int id = make(CLOCK_MONOTONIC, &e);
    CHECK_EQ(set(id, 0, 1 * MS, 0), 0);
    await_count(1);
    CHECK_EQ(handled_by, call(SYS_gettid));
    CHECK_EQ(call(SYS_timer_delete, id), 0);
    return nullptr;
}

CASE(timer_create, "SIGEV_THREAD_ID: for one thread")
{
    pthread_t t;
    count = 0;
    CHECK_EQ(act(SIGUSR1, note_thread, 0, 0), 0);
    CHECK_EQ(pthread_create(&t, nullptr, be_told, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(timer_create, "by processor time")
{
    struct event e = {.signal = SIGUSR1, .how = SIGEV_SIGNAL};
    static const int clocks[] = {CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    CHECK_EQ(act(SIGUSR1, note, 0, 0), 0);
    for (int i = 0; i < 2; i++) {
        count = 0;
        int id = make(clocks[i], &e);
        long begin = now(clocks[i]);
        CHECK_EQ(set(id, 0, 20 * MS, 0), 0);
        while (count == 0)
            work++;
        CHECK(now(clocks[i]) - begin >= 20 * MS);
        CHECK_EQ(call(SYS_timer_delete, id), 0);
    }
    CHECK_EQ(set_default(SIGUSR1), 0);
}

static void end_with_timer(void)
{
    int id = make(CLOCK_MONOTONIC, nullptr);
    CHECK_EQ(act(SIGALRM, note, 0, 0), 0);
    count = 0;
    CHECK_EQ(set(id, 0, 1 * MS, 1 * MS), 0);
    await_count(2);
}

CASE(timer_create, "a process that ends leaves none behind")
{
    for (int i = 0; i < 10; i++)
        CHECK_EQ(in_child(end_with_timer), 0);
}

CASE(timer_create, "errors")
{
    struct event e = {.signal = 65, .how = SIGEV_SIGNAL};
    int id;
    CHECK_EQ(call(SYS_timer_create, 77, nullptr, &id), -EINVAL);
    CHECK_EQ(call(SYS_timer_create, CLOCK_MONOTONIC, &e, &id), -EINVAL);
    e = (struct event){.signal = SIGUSR1, .how = 77};
    CHECK_EQ(call(SYS_timer_create, CLOCK_MONOTONIC, &e, &id), -EINVAL);
    e = (struct event){.signal = SIGUSR1, .how = SIGEV_THREAD_ID, .tid = 1 << 22};
    CHECK_EQ(call(SYS_timer_create, CLOCK_MONOTONIC, &e, &id), -EINVAL);
    CHECK_EQ(call(SYS_timer_create, CLOCK_MONOTONIC, nowhere, &id), -EFAULT);
    CHECK_EQ(call(SYS_timer_create, CLOCK_MONOTONIC, nullptr, nowhere), -EFAULT);
    CHECK_EQ(call(SYS_timer_create, CLOCK_MONOTONIC_RAW, nullptr, &id), -EOPNOTSUPP);
}

CASE(timer_settime, "errors")
{
    int id = make(CLOCK_MONOTONIC, nullptr);
    CHECK_EQ(set(id, 0, SECOND, -1), -EINVAL);
    struct itimerspec s = {{0, 0}, {0, SECOND}};
    CHECK_EQ(call(SYS_timer_settime, id, 0, &s, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_timer_settime, id, 0, nullptr, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_timer_settime, id, 0, nowhere, nullptr), -EFAULT);
    CHECK_EQ(set(id + 1000, 0, SECOND, 0), -EINVAL);
    CHECK_EQ(call(SYS_timer_delete, id), 0);
}

CASE(timer_delete, "of none")
{
    CHECK_EQ(call(SYS_timer_delete, 12345), -EINVAL);
    CHECK_EQ(call(SYS_timer_delete, -1), -EINVAL);
}

// ---- processor time ----------------------------------------------------------------------------

static void *use_time(void *)
{
    long begin = now(CLOCK_THREAD_CPUTIME_ID);
    while (now(CLOCK_THREAD_CPUTIME_ID) - begin < 20 * MS)
        work++;
    return nullptr;
}

CASE(clock_gettime, "processor time of threads goes to the process's, also when they have ended")
{
    pthread_t t;
    long before = now(CLOCK_PROCESS_CPUTIME_ID), own = now(CLOCK_THREAD_CPUTIME_ID);
    CHECK_EQ(pthread_create(&t, nullptr, use_time, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - before >= 20 * MS);
    CHECK(now(CLOCK_THREAD_CPUTIME_ID) - own < 20 * MS);
}

static long clock_of(long id, bool thread) { return ~id << 3 | 2 | (thread ? 4 : 0); }

CASE(clock_gettime, "another's processor time by its number")
{
    struct timespec t;
    CHECK(now((int)clock_of(getpid(), false)) >= 0);
    CHECK(now((int)clock_of(call(SYS_gettid), true)) > 0);
    CHECK(now((int)clock_of(0, false)) > 0);
    CHECK_EQ(call(SYS_clock_gettime, clock_of(1 << 22, false), &t), -EINVAL);
    CHECK_EQ(call(SYS_clock_gettime, clock_of(1 << 22, true), &t), -EINVAL);
}

CASE(clock_getres, "of processor time is a nanosecond")
{
    struct timespec t;
    CHECK_EQ(call(SYS_clock_getres, CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    CHECK_EQ(t.tv_nsec, 1);
    CHECK_EQ(call(SYS_clock_getres, clock_of(1 << 22, false), &t), -EINVAL);
}

static void *keep_busy(void *stop)
{
    while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE))
        work++;
    return nullptr;
}

CASE(clock_nanosleep, "by the process's processor time, which another thread uses")
{
    pthread_t t;
    static bool stop;
    struct timespec d = {0, 20 * MS};
    CHECK_EQ(pthread_create(&t, nullptr, keep_busy, &stop), 0);
    long begin = now(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &d, nullptr), 0);
    CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - begin >= 20 * MS);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &d, nullptr), -EOPNOTSUPP);
}

// ---- what has been used ------------------------------------------------------------------------

static long used_us(const struct rusage *r)
{
    return (r->ru_utime.tv_sec + r->ru_stime.tv_sec) * 1000000 + r->ru_utime.tv_usec +
           r->ru_stime.tv_usec;
}

static void use_20ms(void) { use_time(nullptr); }

CASE(getrusage, "a child's goes to its parent's children when it has been waited for")
{
    struct rusage before, after, self;
    CHECK_EQ(call(SYS_getrusage, RUSAGE_CHILDREN, &before), 0);
    CHECK_EQ(in_child(use_20ms), 0);
    CHECK_EQ(call(SYS_getrusage, RUSAGE_CHILDREN, &after), 0);
    CHECK(used_us(&after) - used_us(&before) >= 18000);
    CHECK_EQ(call(SYS_getrusage, RUSAGE_SELF, &self), 0);
    CHECK(used_us(&self) > 0);
    CHECK(self.ru_minflt > 0);
    CHECK_EQ(call(SYS_getrusage, RUSAGE_THREAD, &self), 0);
    CHECK_EQ(call(SYS_getrusage, 5, &self), -EINVAL);
    CHECK_EQ(call(SYS_getrusage, RUSAGE_SELF, nowhere), -EFAULT);
}

CASE(getrusage, "pages that come are counted")
{
    struct rusage before, after;
    char *p = mmap(nullptr, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_EQ(call(SYS_getrusage, RUSAGE_SELF, &before), 0);
    for (int i = 0; i < 64; i++)
        p[i * 4096] = 1;
    CHECK_EQ(call(SYS_getrusage, RUSAGE_SELF, &after), 0);
    CHECK(after.ru_minflt - before.ru_minflt >= 1);
    CHECK_EQ(call(SYS_munmap, p, 64 * 4096), 0);
}

CASE(wait4, "says what the child has used")
{
    struct rusage r;
    int status;
    long pid = call(SYS_fork);
    if (pid == 0) {
        use_20ms();
        syscall(SYS_exit_group, 0);
    }
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, &r), pid);
    CHECK(used_us(&r) >= 18000 && used_us(&r) < 10000000);
    pid = call(SYS_fork);
    if (pid == 0)
        syscall(SYS_exit_group, 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nowhere), -EFAULT);
}

CASE(times, "ticks of the process, its children and the clock")
{
    struct tms t;
    long a = call(SYS_times, &t);
    CHECK(t.tms_utime >= 0 && t.tms_cutime + t.tms_cstime >= 3);
    CHECK(call(SYS_times, nullptr) >= a);
    CHECK_EQ(call(SYS_times, nowhere), -EFAULT);
}
