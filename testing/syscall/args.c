// SPDX-License-Identifier: Apache-2.0
// Says how it was called; its last argument is how it ends: a status, or a signal.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%d <%s>\n", i, argv[i]);
    printf("HOME <%s> pid %d\n", getenv("HOME"), getpid());
    fflush(stdout);
    if (argc < 2 || strncmp(argv[argc - 1], "signal", 6) != 0)
        return argc < 2 ? 0 : atoi(argv[argc - 1]);
    *(volatile char *)16 = 1;
    return 1;
}
