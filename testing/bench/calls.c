// SPDX-License-Identifier: Apache-2.0
// What calls cost a program on kernel/linux, in instructions: with --icount the time stamp counter
// counts them.
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

constexpr uint64_t ROUNDS = 1000;

static uint64_t counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

// What a loop costs that reads the counter at its ends: subtracted from all.
static uint64_t loop_cost;

#define MEASURE(what, ...)                                                                         \
    do {                                                                                           \
        uint64_t begin = counter();                                                                \
        for (uint64_t round = 0; round < ROUNDS; round++) {                                        \
            __VA_ARGS__;                                                                           \
            __asm__ volatile("" ::: "memory");                                                     \
        }                                                                                          \
        printf("%-44s %6lu\n", what, (counter() - begin - loop_cost + ROUNDS / 2) / ROUNDS);       \
    } while (false)

static void measure_loop(void)
{
    uint64_t begin = counter();
    for (uint64_t round = 0; round < ROUNDS; round++)
        __asm__ volatile("" ::: "memory");
    loop_cost = counter() - begin;
}

int main(void)
{
    struct timespec t;
    measure_loop();
    // From here on the vDSO knows how.
    clock_gettime(CLOCK_MONOTONIC, &t);
    printf("%-44s %6s\n", "instructions", "each");
    MEASURE("getpid, by call", syscall(SYS_getpid));
    MEASURE("clock_gettime, by the vDSO", clock_gettime(CLOCK_MONOTONIC, &t));
    MEASURE("clock_gettime, by call", syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t));
    MEASURE("getcpu, by the vDSO", sched_getcpu());
    MEASURE("getcpu, by call", syscall(SYS_getcpu, &(unsigned){}, nullptr, nullptr));
    return 0;
}
