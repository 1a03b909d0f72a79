// SPDX-License-Identifier: Apache-2.0
// pty_run TEXT KEYS COMMAND...
//
// Runs COMMAND on a terminal of its own, shows what it prints, types KEYS when it has printed
// TEXT, and ends with its status. 77 if this machine has no pseudo-terminals.
#define _GNU_SOURCE
#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: pty_run TEXT KEYS COMMAND...\n");
        return 2;
    }
    int terminal;
    pid_t pid = forkpty(&terminal, nullptr, nullptr, nullptr);
    if (pid < 0) {
        perror("pty_run: forkpty");
        return 77;
    }
    if (pid == 0) {
        execv(argv[3], argv + 3);
        fprintf(stderr, "pty_run: %s: %s\n", argv[3], strerror(errno));
        _exit(2);
    }

    static char seen[65536];
    size_t len = 0;
    bool typed = false;
    for (;;) {
        // A terminal whose last process has ended gives EIO.
        ssize_t n = read(terminal, seen + len, sizeof(seen) - 1 - len);
        if (n <= 0)
            break;
        if (fwrite(seen + len, 1, (size_t)n, stdout) != (size_t)n)
            return 2;
        len += (size_t)n;
        seen[len] = 0;
        if (!typed && strstr(seen, argv[1]) != nullptr) {
            typed = true;
            if (write(terminal, argv[2], strlen(argv[2])) < 0)
                return 2;
        }
    }
    fflush(stdout);
    int status;
    if (waitpid(pid, &status, 0) < 0)
        return 2;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
