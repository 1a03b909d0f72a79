// SPDX-License-Identifier: Apache-2.0
// Says how it was called; its last argument is how it ends: a status, a signal, or the machine.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <unistd.h>

// Keel's only: nobody's own.
static int end_machine(void)
{
    struct utsname name;
    if (uname(&name) != 0 || strstr(name.release, "-keel") == nullptr)
        return 3;
    return reboot(RB_DISABLE_CAD) != 0 ? 4 : reboot(RB_POWER_OFF) != 0 ? 5 : 6;
}

int main(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%d <%s>\n", i, argv[i]);
    printf("HOME <%s> pid %d\n", getenv("HOME"), getpid());
    fflush(stdout);
    if (argc > 1 && strcmp(argv[argc - 1], "reboot") == 0)
        return end_machine();
    if (argc < 2 || strncmp(argv[argc - 1], "signal", 6) != 0)
        return argc < 2 ? 0 : atoi(argv[argc - 1]);
    *(volatile char *)16 = 1;
    return 1;
}
