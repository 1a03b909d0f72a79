// SPDX-License-Identifier: Apache-2.0
// measure RUNS NAME COMMAND... [--- NAME COMMAND...]...
//
// Runs the commands in turn, RUNS times each, and prints a line for each: its name, the medians
// of its CPU time and of its elapsed time in milliseconds, and its CPU time as a multiple of the
// first one's. In turn, so that whatever else the machine does meets all of them alike.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

constexpr int COMMANDS_MAX = 16;
constexpr int RUNS_MAX = 1000;

struct command {
    char *name;
    char **argv;
    double cpu_ms[RUNS_MAX], elapsed_ms[RUNS_MAX];
};

static double ms_of(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void run(struct command *c, int i)
{
    double start = now_ms();
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        execv(c->argv[0], c->argv);
        perror(c->argv[0]);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
        fprintf(stderr, "measure: %s failed\n", c->name);
        exit(1);
    }
    c->elapsed_ms[i] = now_ms() - start;
    c->cpu_ms[i] = ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

int main(int argc, char **argv)
{
    static struct command commands[COMMANDS_MAX];
    int runs = argc > 3 ? atoi(argv[1]) : 0, count = 0;
    if (runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: measure RUNS NAME COMMAND... [--- NAME COMMAND...]...\n");
        return 2;
    }
    for (int i = 2; i + 1 < argc && count < COMMANDS_MAX; i++) {
        struct command *c = &commands[count++];
        c->name = argv[i];
        c->argv = &argv[i + 1];
        while (i < argc && strcmp(argv[i], "---") != 0)
            i++;
        argv[i] = nullptr;
    }
    for (int i = 0; i < runs; i++) {
        for (int c = 0; c < count; c++)
            run(&commands[c], i);
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r%d of %d", i + 1, runs);
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r          \r");
    double base = 0;
    for (int c = 0; c < count; c++) {
        double cpu = median(commands[c].cpu_ms, runs);
        if (c == 0)
            base = cpu;
        printf("%-24s %8.1f ms CPU  %8.1f ms elapsed  %5.2f\n", commands[c].name, cpu,
               median(commands[c].elapsed_ms, runs), cpu / base);
    }
    return 0;
}
