// SPDX-License-Identifier: Apache-2.0
// rseq(2): restartable sequences; and membarrier's commands for them.
#include "testing/syscall/signals.h"
#include <linux/membarrier.h>
#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>

constexpr uint32_t SIGNATURE = 0x53053053;

// As the kernel has it, in 32 bytes.
static_assert(sizeof(struct rseq) == 32);

static struct rseq area, another;

static long register_at(struct rseq *r) { return call(SYS_rseq, r, sizeof(*r), 0, SIGNATURE); }

static long unregister(struct rseq *r)
{
    return call(SYS_rseq, r, sizeof(*r), RSEQ_FLAG_UNREGISTER, SIGNATURE);
}

static uint32_t cpu_now(void)
{
    uint32_t cpu = 0;
    CHECK_EQ(call(SYS_getcpu, &cpu, nullptr, nullptr), 0);
    return cpu;
}

static cpu_set_t everywhere;

static void run_on(uint32_t cpu)
{
    cpu_set_t one = {};
    CPU_SET(cpu, &one);
    CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
}

static void run_everywhere(void)
{
    CHECK_EQ(sched_setaffinity(0, sizeof(everywhere), &everywhere), 0);
}

// The CPUs that we may use: their number, and the first two.
static int usable(uint32_t cpus[2])
{
    int n = 0;
    CHECK_EQ(sched_getaffinity(0, sizeof(everywhere), &everywhere), 0);
    for (uint32_t i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &everywhere)) {
            if (n < 2)
                cpus[n] = i;
            n++;
        }
    }
    return n;
}

// ---- registering -------------------------------------------------------------------------------

CASE(rseq, "tells the CPU from registering to unregistering")
{
    uint32_t cpus[2] = {};
    area = (struct rseq){.cpu_id = (uint32_t)RSEQ_CPU_ID_UNINITIALIZED};
    CHECK_EQ(register_at(&area), 0);
    int several = usable(cpus) > 1;
    for (int i = 0; i < 6; i++) {
        run_on(cpus[i % 2 * several]);
        CHECK_EQ(area.cpu_id, cpu_now());
        CHECK_EQ(area.cpu_id_start, area.cpu_id);
    }
    run_everywhere();
    CHECK_EQ(area.rseq_cs, 0);
    CHECK_EQ(unregister(&area), 0);
    CHECK_EQ(area.cpu_id_start, 0);
    CHECK_EQ((int32_t)area.cpu_id, RSEQ_CPU_ID_UNINITIALIZED);
}

CASE(rseq, "errors")
{
    area = another = (struct rseq){};
    CHECK_EQ(unregister(&area), -EINVAL);
    CHECK_EQ(unregister(nullptr), -EINVAL);
    CHECK_EQ(call(SYS_rseq, &area, 16, 0, SIGNATURE), -EINVAL);
    CHECK_EQ(call(SYS_rseq, (char *)&area + 4, sizeof(area), 0, SIGNATURE), -EINVAL);
    CHECK_EQ(call(SYS_rseq, &area, sizeof(area), 2, SIGNATURE), -EINVAL);
    CHECK_EQ(call(SYS_rseq, &area, sizeof(area), RSEQ_FLAG_UNREGISTER | 2, SIGNATURE), -EINVAL);
    CHECK_EQ(call(SYS_rseq, -4096l, sizeof(area), 0, SIGNATURE), -EFAULT);
    CHECK_EQ(register_at(&area), 0);
    CHECK_EQ(register_at(&area), -EBUSY);
    CHECK_EQ(register_at(&another), -EINVAL);
    CHECK_EQ(call(SYS_rseq, &area, 64, 0, SIGNATURE), -EINVAL);
    CHECK_EQ(call(SYS_rseq, &area, sizeof(area), 0, 1), -EPERM);
    CHECK_EQ(unregister(&another), -EINVAL);
    CHECK_EQ(call(SYS_rseq, &area, 64, RSEQ_FLAG_UNREGISTER, SIGNATURE), -EINVAL);
    CHECK_EQ(call(SYS_rseq, &area, sizeof(area), RSEQ_FLAG_UNREGISTER, 1), -EPERM);
    CHECK_EQ(unregister(&area), 0);
    CHECK_EQ(unregister(&area), -EINVAL);
}

static void is_registered(void) { CHECK_EQ(register_at(&area), -EBUSY); }

static void *has_none(void *)
{
    CHECK_EQ(unregister(&area), -EINVAL);
    CHECK_EQ(register_at(&another), 0);
    CHECK_EQ(another.cpu_id, another.cpu_id_start);
    CHECK(another.cpu_id < CPU_SETSIZE);
    CHECK_EQ(unregister(&another), 0);
    return nullptr;
}

CASE(rseq, "a child has what its parent has, a thread has nothing")
{
    pthread_t t;
    area = (struct rseq){};
    CHECK_EQ(register_at(&area), 0);
    CHECK_EQ(in_child(is_registered), 0);
    CHECK_EQ(pthread_create(&t, nullptr, has_none, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(unregister(&area), 0);
}

// ---- sequences ---------------------------------------------------------------------------------

// Counts in a sequence until `stop` is set or the sequence is left: true, by the kernel.
bool count_until_left(struct rseq *r, uint64_t *counter, uint32_t *stop);
extern const char sequence_start[], sequence_end[], sequence_left[];
extern struct rseq_cs sequence;
__asm__(".pushsection .data\n"
        ".balign 32\n"
        "sequence: .long 0, 0\n"
        "    .quad sequence_start, sequence_end - sequence_start, sequence_left\n"
        ".popsection\n"
        ".pushsection .text\n"
        "count_until_left:\n"
        "    lea sequence(%rip), %rax\n"
        "    mov %rax, 8(%rdi)\n"
        "sequence_start:\n"
        "    incq (%rsi)\n"
        "    cmpl $0, (%rdx)\n"
        "    je sequence_start\n"
        "sequence_end:\n"
        "    xor %eax, %eax\n"
        "    ret\n"
        "    .long 0x53053053\n"
        "sequence_left:\n"
        "    mov $1, %eax\n"
        "    ret\n"
        ".popsection\n");

static uint64_t counter;
static uint32_t stop;

static void *stop_soon(void *)
{
    struct timespec t = {0, 2000000};
    syscall(SYS_nanosleep, &t, nullptr);
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    return nullptr;
}

CASE(rseq, "a sequence that nobody interrupts ends as usual")
{
    area = (struct rseq){};
    CHECK_EQ(register_at(&area), 0);
    stop = 1;
    counter = 0;
    // It may be left now and then all the same.
    int left = 0;
    while (count_until_left(&area, &counter, &stop))
        left++;
    CHECK(left < 100);
    CHECK(counter > 0);
    CHECK_EQ(unregister(&area), 0);
    // Without an area nobody leaves it.
    pthread_t t;
    stop = 0;
    CHECK_EQ(pthread_create(&t, nullptr, stop_soon, nullptr), 0);
    CHECK(!count_until_left(&area, &counter, &stop));
    CHECK_EQ(pthread_join(t, nullptr), 0);
}

static void *keep_busy(void *)
{
    while (__atomic_load_n(&stop, __ATOMIC_ACQUIRE) == 0)
        ;
    return nullptr;
}

CASE(rseq, "a thread that gives way to another on its CPU has left its sequence")
{
    uint32_t cpus[2] = {};
    pthread_t t;
    uint32_t never = 0;
    usable(cpus);
    run_on(cpus[0]);
    stop = 0;
    area = (struct rseq){};
    CHECK_EQ(register_at(&area), 0);
    CHECK_EQ(pthread_create(&t, nullptr, keep_busy, nullptr), 0);
    for (int i = 0; i < 3; i++) {
        CHECK(count_until_left(&area, &counter, &never));
        CHECK_EQ(area.rseq_cs, 0);
        CHECK_EQ(area.cpu_id, cpus[0]);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    run_everywhere();
    CHECK_EQ(unregister(&area), 0);
}

static long counting;
static uint32_t handled, handled_after, handled_inside; // atomic

static void handle(int, siginfo_t *, void *context)
{
    const ucontext_t *c = context;
    const char *at = (const char *)c->uc_mcontext.gregs[REG_RIP];
    if (at == sequence_left)
        __atomic_fetch_add(&handled_after, 1, __ATOMIC_RELEASE);
    if ((at >= sequence_start && at < sequence_end) || area.rseq_cs != 0)
        __atomic_fetch_add(&handled_inside, 1, __ATOMIC_RELEASE);
    __atomic_fetch_add(&handled, 1, __ATOMIC_RELEASE);
}

static void *send(void *)
{
    while (__atomic_load_n(&stop, __ATOMIC_ACQUIRE) == 0) {
        struct timespec t = {0, 200000};
        syscall(SYS_nanosleep, &t, nullptr);
        syscall(SYS_tgkill, getpid(), counting, SIGUSR1);
    }
    return nullptr;
}

static pthread_t start_sending(void)
{
    pthread_t t;
    stop = handled = handled_after = handled_inside = 0;
    counting = call(SYS_gettid);
    CHECK_EQ(act(SIGUSR1, handle, 0, 0), 0);
    CHECK_EQ(pthread_create(&t, nullptr, send, nullptr), 0);
    return t;
}

CASE(rseq, "a handler finds the thread where it goes when it has left its sequence")
{
    uint32_t never = 0;
    area = (struct rseq){};
    CHECK_EQ(register_at(&area), 0);
    pthread_t t = start_sending();
    while (__atomic_load_n(&handled_after, __ATOMIC_ACQUIRE) < 5)
        CHECK(count_until_left(&area, &counter, &never));
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(handled_inside, 0);
    CHECK_EQ(unregister(&area), 0);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(rseq, "a sequence that the thread is not in is forgotten")
{
    CHECK_EQ(act(SIGUSR1, handle, 0, 0), 0);
    area = (struct rseq){};
    CHECK_EQ(register_at(&area), 0);
    area.rseq_cs = (uint64_t)&sequence;
    handled = handled_after = 0;
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(area.rseq_cs, 0);
    CHECK_EQ(handled, 1);
    CHECK_EQ(handled_after, 0);
    CHECK_EQ(unregister(&area), 0);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

// ---- wrong ones --------------------------------------------------------------------------------

static struct rseq_cs wrong;

static void interrupt_with_wrong(void)
{
    CHECK_EQ(act(SIGUSR1, handle, 0, 0), 0);
    CHECK_EQ(register_at(&area), 0);
    area.rseq_cs = (uint64_t)&wrong;
    self(SIGUSR1);
}

static void interrupt_nowhere(void)
{
    CHECK_EQ(act(SIGUSR1, handle, 0, 0), 0);
    CHECK_EQ(register_at(&area), 0);
    area.rseq_cs = (uint64_t)nowhere;
    self(SIGUSR1);
}

static void register_differently(void)
{
    CHECK_EQ(act(SIGUSR1, handle, 0, 0), 0);
    CHECK_EQ(call(SYS_rseq, &area, sizeof(area), 0, SIGNATURE + 1), 0);
    area.rseq_cs = (uint64_t)&sequence;
    self(SIGUSR1);
}

static void leave_with_flags(void)
{
    uint32_t never = 0;
    CHECK_EQ(register_at(&area), 0);
    area.flags = RSEQ_CS_FLAG_NO_RESTART_ON_SIGNAL;
    start_sending();
    for (;;)
        count_until_left(&area, &counter, &never);
}

// It ends by SIGSEGV, with or without a core.
static bool is_killed(void (*body)(void)) { return (in_child(body) & 0x7f) == SIGSEGV; }

CASE(rseq, "what is wrong with a sequence is SIGSEGV")
{
    area = (struct rseq){};
    CHECK(is_killed(interrupt_nowhere));
    CHECK(is_killed(register_differently));
    CHECK(is_killed(leave_with_flags));
    wrong = sequence;
    wrong.version = 1;
    CHECK(is_killed(interrupt_with_wrong));
    wrong = sequence;
    wrong.abort_ip = wrong.start_ip + 1;
    CHECK(is_killed(interrupt_with_wrong));
    wrong = sequence;
    wrong.start_ip = 1ull << 63;
    CHECK(is_killed(interrupt_with_wrong));
    wrong = sequence;
    wrong.post_commit_offset = ~0ull;
    CHECK(is_killed(interrupt_with_wrong));
    wrong = sequence;
    CHECK_EQ(in_child(interrupt_with_wrong), 0);
}

// ---- membarrier --------------------------------------------------------------------------------

static uint32_t left;

static void *keep_counting(void *)
{
    another = (struct rseq){};
    CHECK_EQ(register_at(&another), 0);
    while (__atomic_load_n(&stop, __ATOMIC_ACQUIRE) == 0) {
        count_until_left(&another, &counter, &stop);
        __atomic_fetch_add(&left, 1, __ATOMIC_RELEASE);
    }
    CHECK_EQ(unregister(&another), 0);
    return nullptr;
}

static long fence(uint32_t flags, int cpu)
{
    return call(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, flags, cpu);
}

CASE(membarrier, "threads leave their sequences")
{
    pthread_t t;
    CHECK((call(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) &
           MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ) != 0);
    CHECK_EQ(fence(0, 0), -EPERM);
    CHECK_EQ(fence(2, 0), -EINVAL);
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 1, 0), -EINVAL);
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0), 0);
    stop = 0;
    counter = left = 0;
    CHECK_EQ(pthread_create(&t, nullptr, keep_counting, nullptr), 0);
    for (int i = 0; i < 50; i++) {
        uint32_t times = __atomic_load_n(&left, __ATOMIC_ACQUIRE);
        uint64_t before = __atomic_load_n(&counter, __ATOMIC_ACQUIRE);
        while (__atomic_load_n(&counter, __ATOMIC_ACQUIRE) == before)
            sched_yield();
        CHECK_EQ(fence(0, 0), 0);
        // Whichever it was in after the first look has been left by now.
        while (__atomic_load_n(&left, __ATOMIC_ACQUIRE) == times)
            sched_yield();
    }
    CHECK_EQ(fence(MEMBARRIER_CMD_FLAG_CPU, 0), 0);
    CHECK_EQ(fence(MEMBARRIER_CMD_FLAG_CPU, 1 << 20), 0);
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    CHECK_EQ(fence(0, 0), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
}

constexpr int GET_REGISTRATIONS = 1 << 9;
static const long registered =
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ;

static void has_the_same(void)
{
    CHECK_EQ(call(SYS_membarrier, GET_REGISTRATIONS, 0, 0), registered);
    CHECK_EQ(fence(0, 0), 0);
}

CASE(membarrier, "says what has been registered; a child has the same")
{
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0), 0);
    has_the_same();
    CHECK_EQ(in_child(has_the_same), 0);
}
