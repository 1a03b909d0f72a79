// SPDX-License-Identifier: Apache-2.0
// Mistakes that the compiler's checks have to find. #line gives each a line number that stays, for
// BUILD.bazel to expect.
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/task/task.h"
#include "testing/ktest/ktest.h"

// The compiler cannot know their values.
static volatile int seven = 7, largest = __INT_MAX__, sixty_four = 64;
static volatile uint64_t word = 1;

static void index_too_large(void)
{
    static volatile int table[7];
#line 1001
    table[seven] = 1;
}

static void index_too_small(void)
{
    static volatile int table[7];
#line 1002
    table[seven - 8] = 1;
}

static void add_overflow(void)
{
#line 1003
    seven = largest + seven;
}

static void sub_overflow(void)
{
#line 1004
    seven = -largest - seven;
}

static void mul_overflow(void)
{
#line 1005
    seven = largest * seven;
}

static void negate_overflow(void)
{
    int smallest = -largest - 1;
#line 1006
    seven = -smallest;
#line 1006
}

static void shift_too_far(void)
{
#line 1007
    word = word << sixty_four;
}

static void divide_by_zero(void)
{
#line 1008
    seven = largest / (seven - 7);
}

static int takes_int(int n) { return n + 1; }
static void takes_nothing(void) {}

static void wrong_call(void)
{
    void *volatile of_another_type = (void *)takes_int;
    void (*f)(void) = (void (*)(void))of_another_type;
#line 1009
    f();
}

// Data that looks like code but has no type in front of it.
static void call_of_data(void)
{
    static const uint8_t code[32] = {[16] = 0xc3};
    void (*volatile f)(void) = (void (*)(void))(uintptr_t)&code[16];
#line 1010
    f();
}

// A call to a function of the pointer's type is none of the check's business.
static void right_call(void)
{
    void (*volatile f)(void) = takes_nothing;
    f();
}

[[gnu::noinline]] static void fill(volatile char *at, int n)
{
    for (int i = 0; i < n; i++)
        at[i] = 'x';
}

[[gnu::noinline]] static void stack_smash(void)
{
    char array[24];
    // Over the canary, behind which the caller's rbp is, and not as far as the return address.
    fill(array, (int)sizeof(array) + 16);
#line 1011
}

// Code that was built with -fsanitize-trap says it this way.
static void check_by_trap(void)
{
#line 1012
    __asm__ volatile("ud1l 0x12(%eax), %eax");
}

static uint64_t canary(void)
{
    uint64_t value;
    __asm__ volatile("mov %%gs:%c1, %0" : "=r"(value) : "i"(CPU_CANARY));
    return value;
}

static void note_canary(void *where)
{
    uint64_t *canaries = where;
    canaries[0] = canary();
    task_yield();
    canaries[1] = canary();
}

// Every stack has its own, keeps it, and no string gets past it.
static void canaries(void)
{
    enum {
        TASKS = 8
    };
    uint64_t mine = canary();
    static uint64_t seen[TASKS][2];
    for (int i = 0; i < TASKS; i++) {
        struct task *task;
        must(task_create(note_canary, seen[i], &task));
        task_start(task);
        task_put(task);
    }
    for (int i = 0; i < TASKS; i++) {
        // They may end in any order.
        while (__atomic_load_n(&seen[i][1], __ATOMIC_ACQUIRE) == 0)
            task_yield();
    }
    for (int i = 0; i < TASKS; i++) {
        EXPECT(seen[i][0] == seen[i][1]);
        EXPECT(seen[i][0] >> 8 != 0 && (seen[i][0] & 0xff) == 0);
        EXPECT(seen[i][0] != mine);
        for (int j = 0; j < i; j++)
            EXPECT(seen[i][0] != seen[j][0]);
    }
    EXPECT(canary() == mine && mine != 0);
}

const struct ktest ktest_checks[] = {
    {"index_too_large", index_too_large},
    {"index_too_small", index_too_small},
    {"add_overflow", add_overflow},
    {"sub_overflow", sub_overflow},
    {"mul_overflow", mul_overflow},
    {"negate_overflow", negate_overflow},
    {"shift_too_far", shift_too_far},
    {"divide_by_zero", divide_by_zero},
    {"wrong_call", wrong_call},
    {"call_of_data", call_of_data},
    {"right_call", right_call},
    {"stack_smash", stack_smash},
    {"check_by_trap", check_by_trap},
    {"canaries", canaries},
    {},
};
