// SPDX-License-Identifier: Apache-2.0
// The launcher: boots a kernel in QEMU and ends with the guest's status (options_usage).
#define _GNU_SOURCE
#include "toolchain/qemu/command.h"
#include "toolchain/qemu/stdio.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// How long QEMU may take to leave the terminal in order when it is asked to end.
constexpr int GRACE_S = 2;

static char socket_dir[] = "/tmp/keel-gdb-XXXXXX";
static char socket_path[sizeof(socket_dir) + 16];

[[noreturn]] static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("keel: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(STATUS_LAUNCHER);
}

// Paths are relative to where the user stands, not to where Bazel runs us.
static void enter_working_directory(void)
{
    const char *dir = getenv("BUILD_WORKING_DIRECTORY");
    if (dir != nullptr && chdir(dir) != 0)
        die("%s: %s", dir, strerror(errno));
}

// ---- the kernel --------------------------------------------------------------------------

static bool is_label(const char *kernel)
{
    return strncmp(kernel, "//", 2) == 0 || kernel[0] == ':' || kernel[0] == '@';
}

static int run_bazel(const char *top, const char *label)
{
    char *bazelw;
    if (asprintf(&bazelw, "%s/bazelw", top) < 0)
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execl(bazelw, bazelw, "build", label, (char *)nullptr);
        _exit(STATUS_LAUNCHER);
    }
    free(bazelw);
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Builds a kernel image target and returns its file: Bazel puts //a/b:c into bazel-bin/a/b/c.
static const char *build_label(const char *label)
{
    const char *top = getenv("BUILD_WORKSPACE_DIRECTORY");
    if (top == nullptr || strncmp(label, "//", 2) != 0)
        die("--kernel %s: a label must begin with // and needs `bazel run`", label);
    if (run_bazel(top, label) != 0)
        die("--kernel %s: could not be built", label);
    const char *package = label + 2, *colon = strchr(package, ':');
    int package_len = colon != nullptr ? (int)(colon - package) : (int)strlen(package);
    const char *slash = strrchr(package, '/');
    const char *target = colon != nullptr ? colon + 1 : slash != nullptr ? slash + 1 : package;
    char *path;
    if (asprintf(&path, "%s/bazel-bin/%.*s/%s", top, package_len, package, target) < 0)
        abort();
    return path;
}

static bool kernel_is_iso(const char *path)
{
    static char head[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die("--kernel %s: %s", path, strerror(errno));
    ssize_t len = read(fd, head, sizeof(head));
    close(fd);
    if (len < 0)
        die("--kernel %s: %s", path, strerror(errno));
    return head_is_iso(head, (size_t)len);
}

// ---- the debugger ------------------------------------------------------------------------

static void remove_socket(void)
{
    unlink(socket_path);
    rmdir(socket_dir);
}

static const char *prepare_debugger(const struct options *o)
{
    if (mkdtemp(socket_dir) == nullptr)
        die("%s: %s", socket_dir, strerror(errno));
    snprintf(socket_path, sizeof(socket_path), "%s/gdb", socket_dir);
    atexit(remove_socket);
    fprintf(stderr, "keel: waiting for a debugger; attach one with\n");
    fprintf(stderr, "  gdb -x %s -ex 'keel-attach %s.debug %s'\n", o->gdb_script, o->kernel,
            socket_path);
    return socket_path;
}

// ---- QEMU --------------------------------------------------------------------------------

static void print_command(const struct command *c, bool kvm, enum accel asked)
{
    fprintf(stderr, "keel: %s (%s)\n", kvm ? "kvm" : "tcg",
            asked != ACCEL_AUTO ? "as asked for"
            : kvm               ? "/dev/kvm opens and the CPU has vmx or svm"
                                : "/dev/kvm does not open, or the CPU has neither vmx nor svm");
    fprintf(stderr, "keel:");
    for (size_t i = 0; i < c->count; i++)
        fprintf(stderr, strpbrk(c->words[i], " \"'$\\&;|") ? " '%s'" : " %s", c->words[i]);
    fputc('\n', stderr);
}

// `pipes`: what QEMU has as standard input and output; null: the launcher's own.
static pid_t start(const struct command *c, const sigset_t *old_mask,
                   const struct stdio_pipes *pipes)
{
    pid_t pid = fork();
    if (pid < 0)
        die("fork: %s", strerror(errno));
    if (pid == 0) {
        // QEMU does not outlive the launcher.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigprocmask(SIG_SETMASK, old_mask, nullptr);
        if (pipes != nullptr &&
            (dup2(pipes->guest_in, STDIN_FILENO) < 0 || dup2(pipes->guest_out, STDOUT_FILENO) < 0))
            _exit(STATUS_LAUNCHER);
        execv(c->words[0], c->words);
        fprintf(stderr, "keel: %s: %s\n", c->words[0], strerror(errno));
        _exit(STATUS_LAUNCHER);
    }
    return pid;
}

// Waits for a signal of `set` until `deadline` (null: for ever). 0 on timeout.
static int next_signal(const sigset_t *set, const struct timespec *deadline)
{
    for (;;) {
        int signal = -1;
        if (deadline == nullptr) {
            signal = sigwaitinfo(set, nullptr);
        } else {
            struct timespec now, left;
            clock_gettime(CLOCK_MONOTONIC, &now);
            left.tv_sec = deadline->tv_sec - now.tv_sec;
            left.tv_nsec = deadline->tv_nsec - now.tv_nsec;
            if (left.tv_nsec < 0) {
                left.tv_sec--;
                left.tv_nsec += 1000000000;
            }
            if (left.tv_sec < 0)
                return 0;
            signal = sigtimedwait(set, nullptr, &left);
        }
        if (signal > 0)
            return signal;
        if (errno == EAGAIN)
            return 0;
    }
}

static struct timespec after_seconds(unsigned s)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)s;
    return t;
}

// Waits for QEMU to end. `*stopped_by` is 0, STATUS_TIMEOUT, or 128 and the signal that told
// the launcher to end. Returns QEMU's wait status.
static int wait_for(pid_t pid, const sigset_t *set, unsigned timeout_s, int *stopped_by)
{
    struct timespec deadline = after_seconds(timeout_s);
    const struct timespec *until = timeout_s > 0 ? &deadline : nullptr;
    int status;
    *stopped_by = 0;
    for (;;) {
        int signal = next_signal(set, until);
        if (signal == SIGCHLD) {
            if (waitpid(pid, &status, WNOHANG) == pid)
                return status;
            continue;
        }
        if (*stopped_by != 0) {
            kill(pid, SIGKILL); // it had its grace
            until = nullptr;
            continue;
        }
        *stopped_by = signal == 0 ? STATUS_TIMEOUT : 128 + signal;
        kill(pid, SIGTERM);
        deadline = after_seconds(GRACE_S);
        until = &deadline;
    }
}

// Starts QEMU, with the console as it is or carrying three streams.
static pid_t start_with_streams(const struct command *c, const sigset_t *old_mask, bool framed)
{
    struct stdio_pipes pipes;
    if (!framed)
        return start(c, old_mask, nullptr);
    if (!stdio_start(&pipes))
        die("standard input and output: %s", strerror(errno));
    pid_t pid = start(c, old_mask, &pipes);
    close(pipes.guest_in);
    close(pipes.guest_out);
    return pid;
}

static int run(const struct command *c, bool framed, int status_in, int status_out,
               unsigned timeout_s)
{
    sigset_t set, old_mask;
    sigemptyset(&set);
    for (size_t i = 0; i < 4; i++)
        sigaddset(&set, (const int[]){SIGCHLD, SIGINT, SIGTERM, SIGHUP}[i]);
    sigprocmask(SIG_BLOCK, &set, &old_mask);
    pid_t pid = start_with_streams(c, &old_mask, framed);
    close(status_out);

    int stopped_by;
    int status = wait_for(pid, &set, timeout_s, &stopped_by);
    if (framed)
        stdio_finish();
    if (stopped_by == STATUS_TIMEOUT)
        fprintf(stderr, "keel: stopped after %u s\n", timeout_s);
    if (stopped_by != 0)
        return stopped_by;
    unsigned char guest;
    if (read(status_in, &guest, 1) == 1)
        return guest;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        fprintf(stderr, "keel: the machine stopped without a status\n");
    else if (WIFEXITED(status))
        fprintf(stderr, "keel: QEMU ended with status %d\n", WEXITSTATUS(status));
    else
        fprintf(stderr, "keel: QEMU was killed by signal %d\n", WTERMSIG(status));
    return STATUS_LAUNCHER;
}

int main(int argc, char **argv)
{
    struct options o;
    char error[256];
    if (!options_parse(argc, argv, &o, error, sizeof(error)))
        die("%s", error);
    if (o.help) {
        fputs(options_usage, stdout);
        return 0;
    }
    if (o.qemu == nullptr || o.kernel == nullptr || o.gdb_script == nullptr)
        die("start me with `bazel run //:qemu`, which says where QEMU and the kernel are");
    enter_working_directory();
    if (is_label(o.kernel))
        o.kernel = build_label(o.kernel);

    int status[2];
    if (pipe(status) != 0)
        die("pipe: %s", strerror(errno));
    fcntl(status[0], F_SETFD, FD_CLOEXEC);
    struct resources r = {
        .kvm = o.accel == ACCEL_KVM || (o.accel == ACCEL_AUTO && !o.icount && kvm_is_usable()),
        .iso = kernel_is_iso(o.kernel),
        .terminal = isatty(STDIN_FILENO),
        .status_fd = status[1],
        .module_fd = o.module != nullptr ? open(o.module, O_RDONLY) : -1,
    };
    r.framed = !r.terminal && !r.iso;
    if (o.module != nullptr && r.module_fd < 0)
        die("%s%s: %s",
            o.rootfs != nullptr   ? "--rootfs "
            : o.program_words > 0 ? ""
                                  : "--module ",
            o.module, strerror(errno));
    if (o.gdb)
        r.gdb_socket = prepare_debugger(&o);

    struct command c;
    if (!command_build(&o, &r, &c, error, sizeof(error)))
        die("%s", error);
    if (o.verbose)
        print_command(&c, r.kvm, o.accel);
    int result = run(&c, r.framed, status[0], status[1], o.timeout_s);
    command_free(&c);
    return result;
}
