// SPDX-License-Identifier: Apache-2.0
// The vDSO (vdso(7)): what the kernel maps into programs so that they need no call to know the time
// or their CPU. It says what the call of the same name would, by the same arithmetic; what it does
// not know, the call does. Unlike the call it has no EFAULT: a bad address is the program's fault.
#include "kernel/linux/vdso/data.h"
#include <asm/unistd.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <stddef.h>

constexpr uint64_t SECOND_NS = 1'000'000'000;

// The page before the image; the linker script says where that is. The kernel writes it.
[[gnu::visibility("hidden")]] extern struct vdso_data vdso_data;

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts);
int __vdso_clock_getres(int clock, struct __kernel_timespec *ts);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *zone);
long __vdso_time(long *at);
int __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);

#define WEAK_NAME(name)                                                                            \
    extern typeof(__vdso_##name) name __attribute__((weak, alias("__vdso_" #name)))
WEAK_NAME(clock_gettime);
WEAK_NAME(clock_getres);
WEAK_NAME(gettimeofday);
WEAK_NAME(time);
WEAK_NAME(getcpu);

static long call(long nr, uint64_t a, const void *b)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(nr), "D"(a), "S"(b), "d"(0)
                     : "rcx", "r11", "memory");
    return result;
}

// LFENCE: what comes before has been done, so that no clock is read before the one that another
// CPU's message told of (SDM Vol. 2B, "RDTSC").
static uint64_t read_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static uint32_t sequence_begin(void)
{
    uint32_t sequence;
    while ((sequence = __atomic_load_n(&vdso_data.sequence, __ATOMIC_ACQUIRE)) % 2 != 0)
        __asm__ volatile("pause");
    return sequence;
}

static bool sequence_has_changed(uint32_t begun)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&vdso_data.sequence, __ATOMIC_RELAXED) != begun;
}

static uint64_t field(const uint64_t *at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }

enum clock_kind {
    CLOCK_OF_THE_KERNEL,
    CLOCK_MONO,
    CLOCK_REAL,
};

static enum clock_kind kind_of(int clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        return CLOCK_REAL;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return CLOCK_MONO;
    default:
        return CLOCK_OF_THE_KERNEL;
    }
}

// False: only the call knows.
static bool read_clock(enum clock_kind kind, uint64_t *ns)
{
    uint64_t cycles, mult, real_base_ns;
    uint32_t begun;
    do {
        begun = sequence_begin();
        mult = field(&vdso_data.mult);
        real_base_ns = field(&vdso_data.real_base_ns);
        cycles = read_counter() - field(&vdso_data.base);
    } while (sequence_has_changed(begun));
    *ns = (uint64_t)((unsigned __int128)cycles * mult >> 32);
    if (kind == CLOCK_REAL)
        *ns += real_base_ns;
    return mult != 0 && kind != CLOCK_OF_THE_KERNEL;
}

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts)
{
    uint64_t ns;
    if (!read_clock(kind_of(clock), &ns))
        return (int)call(__NR_clock_gettime, (uint64_t)clock, ts);
    ts->tv_sec = (long)(ns / SECOND_NS);
    ts->tv_nsec = (long)(ns % SECOND_NS);
    return 0;
}

int __vdso_clock_getres(int clock, struct __kernel_timespec *ts)
{
    if (kind_of(clock) == CLOCK_OF_THE_KERNEL)
        return (int)call(__NR_clock_getres, (uint64_t)clock, ts);
    if (ts != nullptr)
        *ts = (struct __kernel_timespec){.tv_nsec = 1};
    return 0;
}

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *zone)
{
    uint64_t ns;
    if (!read_clock(CLOCK_REAL, &ns))
        return (int)call(__NR_gettimeofday, (uint64_t)tv, zone);
    if (tv != nullptr) {
        tv->tv_sec = (long)(ns / SECOND_NS);
        tv->tv_usec = (long)(ns % SECOND_NS / 1000);
    }
    if (zone != nullptr)
        *zone = (struct timezone){};
    return 0;
}

long __vdso_time(long *at)
{
    uint64_t ns;
    if (!read_clock(CLOCK_REAL, &ns))
        return call(__NR_time, (uint64_t)at, nullptr);
    long now = (long)(ns / SECOND_NS);
    if (at != nullptr)
        *at = now;
    return now;
}

// The kernel has put the CPU's number where RDTSCP finds it (SDM Vol. 2B, "RDTSCP"). There is one
// node.
int __vdso_getcpu(unsigned *cpu, unsigned *node, void *)
{
    if (vdso_data.has_rdtscp == 0)
        return (int)call(__NR_getcpu, (uint64_t)cpu, node);
    uint32_t number;
    __asm__ volatile("rdtscp" : "=c"(number)::"eax", "edx");
    if (cpu != nullptr)
        *cpu = number;
    if (node != nullptr)
        *node = 0;
    return 0;
}
