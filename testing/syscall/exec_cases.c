// SPDX-License-Identifier: Apache-2.0
// execve(2): this program executes itself, and says by its status what it has found.
#include "testing/syscall/files.h"
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>

constexpr int GOOD = 42;

// What the program does that has been executed: argv[1] is "executed", argv[2] what to look at.
int executed(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[2] : "";
    if (strcmp(what, "arguments") == 0)
        return argc == 5 && strcmp(argv[3], "a b") == 0 && argv[4][0] == 0 && argv[5] == nullptr &&
                       getenv("KEEL") != nullptr && strcmp(getenv("KEEL"), "1") == 0
                   ? GOOD
                   : 1;
    if (strcmp(what, "descriptors") == 0)
        return call(SYS_fcntl, 30, F_GETFD) == 0 && call(SYS_fcntl, 31, F_GETFD) == -EBADF ? GOOD
                                                                                           : 2;
    if (strcmp(what, "signals") == 0) {
        struct sigaction ignored, handled;
        sigset_t mask;
        sigaction(SIGUSR1, nullptr, &ignored);
        sigaction(SIGUSR2, nullptr, &handled);
        sigprocmask(SIG_BLOCK, nullptr, &mask);
        return ignored.sa_handler == SIG_IGN && handled.sa_handler == SIG_DFL &&
                       sigismember(&mask, SIGHUP)
                   ? GOOD
                   : 3;
    }
    if (strcmp(what, "first") == 0)
        return call(SYS_gettid) == call(SYS_getpid) && atol(argv[3]) == call(SYS_getpid) ? GOOD : 4;
    if (strcmp(what, "name") == 0) {
        const char *name = (const char *)getauxval(AT_EXECFN);
        return name != nullptr && strcmp(name, argv[3]) == 0 ? GOOD : 5;
    }
    return GOOD;
}

static char *environment[] = {(char[]){"KEEL=1"}, nullptr};
static char *arguments[8];

static void execute(const char *path)
{
    long err = call(SYS_execve, path, arguments, environment);
    CHECK_EQ(err, 0);
}

static void set_arguments(const char *what, const char *third, const char *fourth)
{
    arguments[0] = strdup("self");
    arguments[1] = strdup("executed");
    arguments[2] = strdup(what);
    arguments[3] = third != nullptr ? strdup(third) : nullptr;
    arguments[4] = fourth != nullptr ? strdup(fourth) : nullptr;
}

static void execute_self(void) { execute(program_path); }

CASE(execve, "arguments and environment arrive")
{
    set_arguments("arguments", "a b", "");
    CHECK_EQ(in_child(execute_self), GOOD << 8);
}

static void execute_with_descriptors(void)
{
    CHECK_EQ(call(SYS_dup2, 1, 30), 30);
    CHECK_EQ(call(SYS_dup3, 1, 31, O_CLOEXEC), 31);
    execute(program_path);
}

CASE(execve, "descriptors stay, but for those with FD_CLOEXEC")
{
    set_arguments("descriptors", nullptr, nullptr);
    CHECK_EQ(in_child(execute_with_descriptors), GOOD << 8);
}

static void handler(int) {}

static void execute_with_signals(void)
{
    sigset_t hup;
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, handler);
    sigemptyset(&hup);
    sigaddset(&hup, SIGHUP);
    sigprocmask(SIG_BLOCK, &hup, nullptr);
    execute(program_path);
}

CASE(execve, "handlers go, what is ignored or blocked stays")
{
    set_arguments("signals", nullptr, nullptr);
    CHECK_EQ(in_child(execute_with_signals), GOOD << 8);
}

static void *execute_by_thread(void *)
{
    execute(program_path);
    return nullptr;
}

static void *wait_for_ever(void *)
{
    for (;;)
        pause();
}

static void execute_among_threads(void)
{
    pthread_t others[3], one;
    char pid[16];
    snprintf(pid, sizeof(pid), "%ld", call(SYS_getpid));
    set_arguments("first", pid, nullptr);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_create(&others[i], nullptr, wait_for_ever, nullptr), 0);
    CHECK_EQ(pthread_create(&one, nullptr, execute_by_thread, nullptr), 0);
    pthread_join(one, nullptr);
}

CASE(execve, "the other threads end, and the one that calls has the process's identifier")
{
    CHECK_EQ(in_child(execute_among_threads), GOOD << 8);
}

// ---- scripts -----------------------------------------------------------------------------------

static const char *script_path;

static const char *make_script(const char *name, const char *line)
{
    make_file(name, line);
    CHECK_EQ(call(SYS_chmod, in_dir(name), 0755), 0);
    return in_dir(name);
}

static void execute_script(void) { execute(script_path); }

CASE(execve, "a script is its interpreter's argument")
{
    char line[512], path[512];
    CHECK(realpath(program_path, path) != nullptr);
    snprintf(line, sizeof(line), "#! %s executed\nrest\n", path);
    script_path = make_script("script", line);
    // self executed <script> arguments...: there are too few for "arguments", but enough to end
    // well.
    set_arguments("x", nullptr, nullptr);
    CHECK_EQ(in_child(execute_script), GOOD << 8);
    snprintf(line, sizeof(line), "#!%s\n", in_dir("script"));
    script_path = make_script("of script", line);
    CHECK_EQ(in_child(execute_script), GOOD << 8);
}

CASE(execve, "errors")
{
    set_arguments("x", nullptr, nullptr);
    CHECK_EQ(call(SYS_execve, in_dir("missing"), arguments, environment), -ENOENT);
    CHECK_EQ(call(SYS_execve, own_dir(), arguments, environment), -EACCES);
    CHECK_EQ(call(SYS_execve, make_file("not executable", "x"), arguments, environment), -EACCES);
    CHECK_EQ(call(SYS_execve, make_script("text", "no program"), arguments, environment), -ENOEXEC);
    CHECK_EQ(call(SYS_execve, make_script("empty", ""), arguments, environment), -ENOEXEC);
    CHECK_EQ(call(SYS_execve, make_script("lost", "#!/no/such\n"), arguments, environment),
             -ENOENT);
    CHECK_EQ(call(SYS_execve, make_script("none", "#!\n"), arguments, environment), -ENOEXEC);
    char line[512];
    snprintf(line, sizeof(line), "#!%s\n", in_dir("circle"));
    CHECK_EQ(call(SYS_execve, make_script("circle", line), arguments, environment), -ELOOP);
    CHECK_EQ(call(SYS_execve, program_path, nowhere, environment), -EFAULT);
    CHECK_EQ(call(SYS_execve, nowhere, arguments, environment), -EFAULT);
    // Nobody executes what is open for writing.
    long fd = call(SYS_open, in_dir("text"), O_WRONLY);
    CHECK_EQ(call(SYS_execve, in_dir("text"), arguments, environment), -ETXTBSY);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(execve, "too long an argument")
{
    static char longest[200 * 1024];
    memset(longest, 'x', sizeof(longest) - 1);
    set_arguments("x", nullptr, nullptr);
    arguments[3] = longest;
    CHECK_EQ(call(SYS_execve, program_path, arguments, environment), -E2BIG);
    arguments[3] = nullptr;
}

static void execute_by_vfork(void)
{
    int status;
    long pid = vfork();
    if (pid == 0) {
        syscall(SYS_execve, program_path, arguments, environment);
        syscall(SYS_exit_group, 9);
    }
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, GOOD << 8);
}

CASE(execve, "by a child of vfork, whose parent goes on then")
{
    set_arguments("x", nullptr, nullptr);
    execute_by_vfork();
}

static void execute_by_descriptor(void)
{
    long fd = call(SYS_open, program_path, O_PATH);
    long err = call(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH);
    CHECK_EQ(err, 0);
}

CASE(execveat, "what is open")
{
    set_arguments("x", nullptr, nullptr);
    CHECK_EQ(in_child(execute_by_descriptor), GOOD << 8);
    CHECK_EQ(call(SYS_execveat, AT_FDCWD, program_path, arguments, environment, 1), -EINVAL);
    CHECK_EQ(call(SYS_execveat, 99, "x", arguments, environment, 0), -EBADF);
    CHECK_EQ(call(SYS_symlink, "text", in_dir("sym")), 0);
    CHECK_EQ(
        call(SYS_execveat, AT_FDCWD, in_dir("sym"), arguments, environment, AT_SYMLINK_NOFOLLOW),
        -ELOOP);
}
