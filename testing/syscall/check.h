// SPDX-License-Identifier: Apache-2.0
// Cases of system calls: what a call does, shown by a program that runs on Linux and on Keel and
// must see the same. Each case names its call, as in kernel/linux/syscall/table.def.
//
//     CASE(getppid, "of the first process is 0 or another's")
//     {
//         CHECK(call(SYS_getppid) >= 0);
//     }
//
// A program of cases says what failed, and ends with 1 then.
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct test_case {
    const char *call, *what;
    void (*run)(void);
};

#define CASE_JOIN(a, b) a##b
#define CASE_NAME(prefix, n) CASE_JOIN(prefix, n)
#define CASE(call, what) CASE_AT(call, what, __COUNTER__)
#define CASE_AT(call, what, n)                                                                     \
    static void CASE_NAME(case_run_, n)(void);                                                     \
    [[gnu::used, gnu::retain, gnu::section("cases")]] static const struct test_case CASE_NAME(     \
        case_, n) = {#call, what, CASE_NAME(case_run_, n)};                                        \
    static void CASE_NAME(case_run_, n)(void)

// The call's value, or its error as a negative number: past the C library's own errno.
#define call(...) call_result(syscall(__VA_ARGS__))
long call_result(long value);

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQ(a, b) check_equal((long)(a), (long)(b), #a, #b, __FILE__, __LINE__)
void check(bool good, const char *text, const char *file, int line);
void check_equal(long a, long b, const char *a_text, const char *b_text, const char *file,
                 int line);

// An address where nothing is mapped.
extern char *const nowhere;

// How the program was called, and what it does instead of its cases when it is called with the
// first argument "executed": none of its business, unless it says so.
extern const char *program_path;
int executed(int argc, char **argv);

// Runs `body` in a child and returns what wait4 says of it.
int in_child(void (*body)(void));
