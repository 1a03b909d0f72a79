// SPDX-License-Identifier: Apache-2.0
#include "testing/syscall/check.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern const struct test_case __start_cases[], __stop_cases[];
static const struct test_case *running;
static unsigned failures;

// Page zero is never mapped, on neither kernel.
char *const nowhere = (char *)16;

long call_result(long value) { return value == -1 ? -errno : value; }

static void say_where(const char *file, int line)
{
    failures++;
    fprintf(stderr, "FAILED: %s %s: %s:%d: ", running->call, running->what, file, line);
}

void check(bool good, const char *text, const char *file, int line)
{
    if (good)
        return;
    say_where(file, line);
    fprintf(stderr, "%s\n", text);
}

void check_equal(long a, long b, const char *a_text, const char *b_text, const char *file, int line)
{
    if (a == b)
        return;
    say_where(file, line);
    fprintf(stderr, "%s is %ld, not %s (%ld)\n", a_text, a, b_text, b);
}

int in_child(void (*body)(void))
{
    int status = -1;
    long pid = call(SYS_fork);
    CHECK(pid >= 0);
    if (pid == 0) {
        body();
        syscall(SYS_exit_group, failures > 0);
    }
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    return status;
}

const char *program_path;

[[gnu::weak]] int executed(int, char **) { return 1; }

int main(int argc, char **argv)
{
    unsigned count = 0;
    if (argc > 1 && strcmp(argv[1], "executed") == 0)
        return executed(argc, argv);
    program_path = argv[0];
    for (running = __start_cases; running < __stop_cases; running++) {
        running->run();
        count++;
    }
    if (failures == 0)
        printf("%u cases: ok\n", count);
    return failures > 0;
}
