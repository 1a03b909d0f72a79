// SPDX-License-Identifier: Apache-2.0
// Says how it was called, and where the vDSO is; its last argument is how it ends: a status, a
// signal, the machine, or "clock": with 0 if the time goes on from one look at it to the next.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

// Keel's only: nobody's own.
static int end_machine(void)
{
    struct utsname name;
    if (uname(&name) != 0 || strstr(name.release, "-keel") == nullptr)
        return 3;
    return reboot(RB_DISABLE_CAD) != 0 ? 4 : reboot(RB_POWER_OFF) != 0 ? 5 : 6;
}

static int look_at_clock(void)
{
    struct timespec last = {}, now;
    for (int i = 0; i < 100; i++, last = now) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec < last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec < last.tv_nsec))
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%d <%s>\n", i, argv[i]);
    printf("HOME <%s> pid %d\n", getenv("HOME"), getpid());
    printf("vDSO %#lx\n", getauxval(AT_SYSINFO_EHDR));
    fflush(stdout);
    if (argc > 1 && strcmp(argv[argc - 1], "reboot") == 0)
        return end_machine();
    if (argc > 1 && strcmp(argv[argc - 1], "clock") == 0)
        return look_at_clock();
    if (argc < 2 || strncmp(argv[argc - 1], "signal", 6) != 0)
        return argc < 2 ? 0 : atoi(argv[argc - 1]);
    *(volatile char *)16 = 1;
    return 1;
}
