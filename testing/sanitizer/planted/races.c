// SPDX-License-Identifier: Apache-2.0
// Data races between two CPUs. Each goes on until somebody notices, or for so many rounds that
// somebody should have.
#include "kernel/frame/base/mem.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/lock/lock_class.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/task/task.h"
#include "testing/sanitizer/planted/planted.h"

constexpr uint32_t ROUNDS = 2'000'000;

static uint64_t shared;
static uint64_t block_a[8], block_b[8];
static uint32_t arrived, left; // atomic
static void (*other)(void);

static void meet(void)
{
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < 2)
        cpu_pause();
}

static void repeat(void (*step)(void))
{
    for (uint32_t i = 0; i < ROUNDS; i++)
        step();
    __atomic_fetch_add(&left, 1, __ATOMIC_SEQ_CST);
}

static void play_other(void *)
{
    meet();
    repeat(other);
}

static void against_each_other(void (*mine)(void), void (*others)(void))
{
    struct task *t;
    other = others;
    must(task_create(play_other, nullptr, &t));
    task_start(t);
    task_put(t);
    // It waits here, so each has a CPU.
    meet();
    repeat(mine);
    while (__atomic_load_n(&left, __ATOMIC_SEQ_CST) < 2)
        cpu_pause();
}

static void read_plainly(void)
{
    uint64_t value = shared;
    __asm__ volatile("" ::"r"(value));
}

static void write_plainly(void)
{
    shared = shared + 1;
    __asm__ volatile("" ::: "memory");
}

static void write_atomically(void) { __atomic_fetch_add(&shared, 1, __ATOMIC_RELAXED); }
static void read_atomically(void) { (void)__atomic_load_n(&shared, __ATOMIC_RELAXED); }

static void copy(void)
{
    memcpy(block_a, block_b, sizeof(block_a));
    __asm__ volatile("" ::: "memory");
}

static void write_into_block(void)
{
    block_a[0]++;
    __asm__ volatile("" ::: "memory");
}

static struct lock_class lc_planted = {"planted", 10};
static struct spinlock lock;

NO_LOCK_ANALYSIS static void write_under_lock(void)
{
    spin_lock(&lock, &lc_planted);
    write_plainly();
    spin_unlock(&lock, &lc_planted);
}

static void race_read_write(void) { against_each_other(read_plainly, write_plainly); }
static void race_write_write(void) { against_each_other(write_plainly, write_plainly); }
static void race_with_atomic(void) { against_each_other(read_plainly, write_atomically); }
static void race_under_lock(void) { against_each_other(read_plainly, write_under_lock); }
static void race_copy(void) { against_each_other(copy, write_into_block); }

// No races.
static void no_race_atomic(void) { against_each_other(read_atomically, write_atomically); }
static void no_race_reads(void) { against_each_other(read_plainly, read_plainly); }
static void no_race_lock(void) { against_each_other(write_under_lock, write_under_lock); }

const struct planted planted_races[] = {
    {"race_read_write", race_read_write},
    {"race_write_write", race_write_write},
    {"race_with_atomic", race_with_atomic},
    {"race_under_lock", race_under_lock},
    {"race_copy", race_copy},
    {"no_race_atomic", no_race_atomic},
    {"no_race_reads", no_race_reads},
    {"no_race_lock", no_race_lock},
    {},
};
