// SPDX-License-Identifier: Apache-2.0
// clone(2) and its kin: threads, what they share, and how they end.
#include "testing/syscall/signals.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>

struct kernel_clone_args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    uint64_t set_tid, set_tid_size, cgroup;
};

// Past the C library: for children that have its thread's own memory in common with their parent.
static long raw(long nr, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static _Alignas(16) char stack[16384], other_stack[16384];

static void await_word(uint32_t *word, uint32_t value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
        raw(SYS_sched_yield, 0, 0, 0, 0);
}

// ---- threads -----------------------------------------------------------------------------------

constexpr int THREADS = 8, ROUNDS = 500;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int total;

static void *add(void *)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        total++;
        pthread_mutex_unlock(&lock);
    }
    return &total;
}

CASE(clone, "threads share memory, and are joined")
{
    pthread_t threads[THREADS];
    total = 0;
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], nullptr, add, nullptr), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result = nullptr;
        CHECK_EQ(pthread_join(threads[i], &result), 0);
        CHECK(result == &total);
    }
    CHECK_EQ(total, THREADS * ROUNDS);
}

CASE(clone, "many threads in turn")
{
    for (int i = 0; i < 200; i++) {
        pthread_t t;
        CHECK_EQ(pthread_create(&t, nullptr, add, nullptr), 0);
        CHECK_EQ(pthread_join(t, nullptr), 0);
    }
}

static long seen_pid, seen_tid;

static void *look(void *)
{
    seen_pid = call(SYS_getpid);
    seen_tid = call(SYS_gettid);
    return nullptr;
}

CASE(gettid, "is the thread's own, and getpid is the process's")
{
    pthread_t t;
    CHECK_EQ(pthread_create(&t, nullptr, look, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(seen_pid, call(SYS_getpid));
    CHECK(seen_tid != call(SYS_gettid));
    // It has told of its end, and will have ended.
    while (call(SYS_tkill, seen_tid, 0) == 0)
        sched_yield();
    CHECK_EQ(call(SYS_tgkill, seen_pid, seen_tid, 0), -ESRCH);
    CHECK_EQ(call(SYS_tkill, seen_tid, 0), -ESRCH);
}

static uint32_t go;

static void *wait_for_go(void *)
{
    await_word(&go, 1);
    return nullptr;
}

static void *end_process(void *)
{
    syscall(SYS_exit_group, 9);
    return nullptr;
}

static void thread_ends_process(void)
{
    pthread_t a, b;
    pthread_create(&a, nullptr, wait_for_go, nullptr);
    pthread_create(&b, nullptr, end_process, nullptr);
    for (;;)
        pause();
}

CASE(exit_group, "by any thread ends all of them")
{
    CHECK_EQ(in_child(thread_ends_process), 9 << 8);
}

static uint32_t thread_tid;

static void *exit_five(void *)
{
    __atomic_store_n(&thread_tid, (uint32_t)call(SYS_gettid), __ATOMIC_RELEASE);
    await_word(&go, 1);
    syscall(SYS_exit, 5);
    return nullptr;
}

static void first_ends_first(void)
{
    pthread_t t;
    pthread_create(&t, nullptr, exit_five, nullptr);
    while (__atomic_load_n(&thread_tid, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    syscall(SYS_exit, 5);
}

CASE(exit, "of the first thread: the process goes on without it, and ends with its last thread")
{
    thread_tid = go = 0;
    CHECK_EQ(in_child(first_ends_first), 5 << 8);
}

static void thread_exits(void)
{
    pthread_t t;
    pthread_create(&t, nullptr, exit_five, nullptr);
    while (__atomic_load_n(&thread_tid, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    while (call(SYS_tgkill, getpid(), thread_tid, 0) != -ESRCH)
        sched_yield();
    syscall(SYS_exit_group, 6);
}

CASE(exit, "of another thread does not end the process")
{
    thread_tid = go = 0;
    CHECK_EQ(in_child(thread_exits), 6 << 8);
}

// ---- words that tell ---------------------------------------------------------------------------

static volatile int told_child, told_parent, cleared;

static int look_at_words(void *)
{
    raw(SYS_exit, told_child == raw(SYS_gettid, 0, 0, 0, 0) ? 0 : 1, 0, 0, 0);
    return 0;
}

CASE(clone, "identifiers are told in both memories, and one is cleared at the end")
{
    int status;
    told_child = told_parent = 0;
    cleared = 77;
    int pid = clone(look_at_words, stack + sizeof(stack),
                    CLONE_VM | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD, nullptr,
                    &told_parent, nullptr, &told_child);
    CHECK(pid > 0);
    CHECK_EQ(told_parent, pid);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(told_child, pid);
    pid = clone(look_at_words, stack + sizeof(stack), CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD,
                nullptr, nullptr, nullptr, &cleared);
    CHECK(pid > 0);
    while (cleared != 0) {
        long n = call(SYS_futex, &cleared, FUTEX_WAIT, 77, nullptr, nullptr, 0);
        CHECK(n == 0 || n == -EAGAIN || n == -EINTR);
    }
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
}

static int *page;

static void set_word_and_end(void)
{
    *page = 55;
    CHECK_EQ(call(SYS_set_tid_address, page), call(SYS_gettid));
}

CASE(set_tid_address, "the word stays at the end of one whose memory is its own")
{
    page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_EQ(in_child(set_word_and_end), 0);
    CHECK_EQ(*page, 55);
    CHECK_EQ(call(SYS_munmap, page, 4096), 0);
}

// ---- vfork -------------------------------------------------------------------------------------

static volatile int steps;

static int take_steps(void *)
{
    for (int i = 0; i < 50; i++)
        raw(SYS_sched_yield, 0, 0, 0, 0);
    steps = 1;
    raw(SYS_exit, 4, 0, 0, 0);
    return 0;
}

CASE(vfork, "the parent waits until the child has let go of its memory")
{
    int status;
    steps = 0;
    int pid = clone(take_steps, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr);
    CHECK_EQ(steps, 1);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 4 << 8);
    steps = 0;
    pid = vfork();
    if (pid == 0) {
        steps = 2;
        _exit(1);
    }
    CHECK_EQ(steps, 2);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 1 << 8);
}

CASE(clone, "CLONE_VFORK without CLONE_VM: memory is a copy, and the parent waits")
{
    int status;
    steps = 0;
    int pid = clone(take_steps, stack + sizeof(stack), CLONE_VFORK | SIGCHLD, nullptr);
    CHECK_EQ(steps, 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 4 << 8);
}

// ---- families ----------------------------------------------------------------------------------

static int exit_two(void *)
{
    raw(SYS_exit, 2, 0, 0, 0);
    return 0;
}

CASE(clone, "a child whose end sends no SIGCHLD is waited for with __WCLONE or __WALL")
{
    int status;
    int pid = clone(exit_two, stack + sizeof(stack), 0, nullptr);
    CHECK(pid > 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), -ECHILD);
    CHECK_EQ(call(SYS_wait4, pid, &status, __WCLONE, nullptr), pid);
    CHECK_EQ(status, 2 << 8);
    pid = clone(exit_two, stack + sizeof(stack), 0, nullptr);
    CHECK_EQ(call(SYS_wait4, pid, &status, __WALL, nullptr), pid);
    pid = clone(exit_two, stack + sizeof(stack), SIGCHLD, nullptr);
    CHECK_EQ(call(SYS_wait4, pid, &status, __WCLONE, nullptr), -ECHILD);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
}

CASE(clone, "the signal at the end is the one that was asked for")
{
    count = 0;
    CHECK_EQ(act(SIGUSR1, note, SA_RESTART, 0), 0);
    int pid = clone(exit_two, stack + sizeof(stack), SIGUSR1, nullptr);
    CHECK_EQ(call(SYS_wait4, pid, nullptr, __WALL, nullptr), pid);
    CHECK_EQ(count, 1);
    CHECK_EQ(caught[0], SIGUSR1);
    CHECK_EQ(info.si_code, CLD_EXITED);
    CHECK_EQ(info.si_pid, pid);
    CHECK_EQ(info.si_status, 2);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

static uint32_t *made;

static void make_sibling(void)
{
    int pid = clone(exit_two, stack + sizeof(stack), CLONE_PARENT, nullptr);
    CHECK(pid > 0);
    *made = (uint32_t)pid;
    CHECK_EQ(call(SYS_wait4, -1, nullptr, __WALL, nullptr), -ECHILD);
}

CASE(clone, "CLONE_PARENT makes a sibling")
{
    int status;
    made = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_EQ(in_child(make_sibling), 0);
    CHECK_EQ(call(SYS_wait4, *made, &status, __WALL, nullptr), *made);
    CHECK_EQ(status, 2 << 8);
    CHECK_EQ(call(SYS_munmap, made, 4096), 0);
}

// ---- handlers ----------------------------------------------------------------------------------

static void nothing(int, siginfo_t *, void *) {}

static int ignore_usr2(void *)
{
    static const struct action ignore = {.handler = (void (*)(int, siginfo_t *, void *))1};
    raw(SYS_exit, raw(SYS_rt_sigaction, SIGUSR2, (long)&ignore, 0, 8) != 0, 0, 0, 0);
    return 0;
}

CASE(clone, "CLONE_SIGHAND shares handlers, without it they are copies")
{
    struct action now;
    int status;
    CHECK_EQ(act(SIGUSR2, nothing, 0, 0), 0);
    int pid = clone(ignore_usr2, stack + sizeof(stack), CLONE_VM | SIGCHLD, nullptr);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(call(SYS_rt_sigaction, SIGUSR2, nullptr, &now, 8), 0);
    CHECK(now.handler == nothing);
    pid = clone(ignore_usr2, stack + sizeof(stack), CLONE_VM | CLONE_SIGHAND | SIGCHLD, nullptr);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(call(SYS_rt_sigaction, SIGUSR2, nullptr, &now, 8), 0);
    CHECK_EQ((long)now.handler, 1);
    CHECK_EQ(set_default(SIGUSR2), 0);
}

static long clone3(struct kernel_clone_args *a, size_t size) { return call(SYS_clone3, a, size); }

CASE(clone3, "makes a process; CLONE_CLEAR_SIGHAND leaves what is ignored")
{
    struct kernel_clone_args a = {.flags = 0x100000000, .exit_signal = SIGCHLD};
    struct action now;
    int status;
    CHECK_EQ(act(SIGUSR1, nothing, 0, 0), 0);
    CHECK_EQ(act(SIGUSR2, (void (*)(int, siginfo_t *, void *))1, 0, 0), 0);
    long pid = clone3(&a, sizeof(a));
    if (pid == 0) {
        CHECK_EQ(call(SYS_rt_sigaction, SIGUSR1, nullptr, &now, 8), 0);
        bool cleared_one = now.handler == nullptr;
        CHECK_EQ(call(SYS_rt_sigaction, SIGUSR2, nullptr, &now, 8), 0);
        syscall(SYS_exit_group, cleared_one && (long)now.handler == 1 ? 0 : 1);
    }
    CHECK(pid > 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(set_default(SIGUSR1), 0);
    CHECK_EQ(set_default(SIGUSR2), 0);
}

CASE(clone3, "a larger structure than the kernel's, with zeros behind")
{
    struct {
        struct kernel_clone_args a;
        uint64_t more[4];
    } big = {.a.exit_signal = SIGCHLD};
    long pid = clone3(&big.a, sizeof(big));
    if (pid == 0)
        syscall(SYS_exit_group, 0);
    CHECK_EQ(call(SYS_wait4, pid, nullptr, 0, nullptr), pid);
    big.more[3] = 1;
    CHECK_EQ(clone3(&big.a, sizeof(big)), -E2BIG);
}

CASE(clone3, "the identifier that is asked for")
{
    int tid = 12345;
    struct kernel_clone_args a = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)&tid, .set_tid_size = 1};
    long pid = clone3(&a, sizeof(a));
    if (pid == -EPERM || pid == -EEXIST)
        return; // the host may not let us
    if (pid == 0)
        syscall(SYS_exit_group, call(SYS_getpid) != 12345);
    CHECK_EQ(pid, tid);
    CHECK_EQ(clone3(&a, sizeof(a)), -EEXIST);
    int status;
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    tid = 0;
    CHECK_EQ(clone3(&a, sizeof(a)), -EINVAL);
    a.set_tid_size = 0;
    CHECK_EQ(clone3(&a, sizeof(a)), -EINVAL);
}

CASE(clone3, "errors")
{
    struct kernel_clone_args a = {.exit_signal = SIGCHLD};
    CHECK_EQ(clone3(&a, 56), -EINVAL);
    CHECK_EQ(clone3(&a, 5000), -E2BIG);
    CHECK_EQ(clone3((void *)nowhere, sizeof(a)), -EFAULT);
    a.exit_signal = 65;
    CHECK_EQ(clone3(&a, sizeof(a)), -EINVAL);
    a = (struct kernel_clone_args){.flags = CLONE_PARENT, .exit_signal = SIGCHLD};
    CHECK_EQ(clone3(&a, sizeof(a)), -EINVAL);
    a = (struct kernel_clone_args){.flags = CLONE_DETACHED};
    CHECK_EQ(clone3(&a, sizeof(a)), -EINVAL);
    a = (struct kernel_clone_args){.stack = (uint64_t)stack};
    CHECK_EQ(clone3(&a, sizeof(a)), -EINVAL);
    a = (struct kernel_clone_args){.stack_size = 4096};
    CHECK_EQ(clone3(&a, sizeof(a)), -EINVAL);
    a = (struct kernel_clone_args){.flags = CLONE_VM | CLONE_SIGHAND | 0x100000000};
    CHECK_EQ(clone3(&a, sizeof(a)), -EINVAL);
}

CASE(clone, "flags that belong together")
{
    CHECK_EQ(call(SYS_clone, CLONE_THREAD | CLONE_VM, other_stack, 0, 0, 0), -EINVAL);
    CHECK_EQ(call(SYS_clone, CLONE_SIGHAND, other_stack, 0, 0, 0), -EINVAL);
    CHECK_EQ(call(SYS_clone, CLONE_THREAD | CLONE_SIGHAND, other_stack, 0, 0, 0), -EINVAL);
    if (call(SYS_getpid) == 1)
        CHECK_EQ(call(SYS_clone, CLONE_PARENT, 0, 0, 0, 0), -EINVAL);
}

// ---- robust futexes ----------------------------------------------------------------------------

struct robust_entry {
    struct robust_entry *next;
    uint32_t word;
};

static struct {
    struct robust_entry *first;
    long offset;
    struct robust_entry *pending;
} head;
static struct robust_entry entry, about;

static void *die_with_locks(void *)
{
    head.first = &entry;
    head.offset = offsetof(struct robust_entry, word);
    head.pending = &about;
    entry.next = (struct robust_entry *)&head;
    uint32_t tid = (uint32_t)call(SYS_gettid);
    if (call(SYS_set_robust_list, &head, sizeof(head)) != 0)
        return nullptr;
    __atomic_store_n(&about.word, tid, __ATOMIC_RELEASE);
    __atomic_store_n(&entry.word, tid | FUTEX_WAITERS, __ATOMIC_RELEASE);
    await_word(&go, 1);
    syscall(SYS_exit, 0);
    return nullptr;
}

CASE(set_robust_list, "a thread that ends lets go of the words of its list, and wakes")
{
    pthread_t t;
    entry.word = go = 0;
    CHECK_EQ(pthread_create(&t, nullptr, die_with_locks, nullptr), 0);
    uint32_t seen;
    while ((seen = __atomic_load_n(&entry.word, __ATOMIC_ACQUIRE)) == 0)
        sched_yield();
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&entry.word, __ATOMIC_ACQUIRE) == seen) {
        long n = call(SYS_futex, &entry.word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
        CHECK(n == 0 || n == -EAGAIN);
    }
    CHECK_EQ(entry.word, FUTEX_WAITERS | FUTEX_OWNER_DIED);
    while (__atomic_load_n(&about.word, __ATOMIC_ACQUIRE) != FUTEX_OWNER_DIED)
        sched_yield();
    CHECK_EQ(call(SYS_set_robust_list, &head, 12), -EINVAL);
}

CASE(get_robust_list, "is what has been set")
{
    void *at = nullptr;
    size_t size = 0;
    CHECK_EQ(call(SYS_set_robust_list, &head, sizeof(head)), 0);
    CHECK_EQ(call(SYS_get_robust_list, 0, &at, &size), 0);
    CHECK(at == &head);
    CHECK_EQ(size, sizeof(head));
    CHECK_EQ(call(SYS_get_robust_list, 0, nowhere, &size), -EFAULT);
    CHECK_EQ(call(SYS_get_robust_list, 1 << 22, &at, &size), -ESRCH);
    CHECK_EQ(call(SYS_set_robust_list, nullptr, sizeof(head)), 0);
}
