// SPDX-License-Identifier: Apache-2.0
// Much of the same: calls between CPUs, switches between tasks, faults and mappings against a
// model; and that all memory is back afterwards, to the page. Every test runs on any number of
// CPUs. The word count=N of the command line says how often.
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/base/cmdline.h"
#include "kernel/frame/boot/boot.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/sync/waitq.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/user/user.h"
#include "testing/ktest/ktest.h"

// Tasks whose end the test waits for; asleep, since a CPU that looks for it all the time is one
// that the host has to run beside those that do the work.
struct crowd {
    uint32_t left; // atomic
    struct waitq nobody;
};

static void crowd_leave(struct crowd *c)
{
    __atomic_fetch_add(&c->left, 1, __ATOMIC_RELEASE);
    waitq_wake_all(&c->nobody);
}

static void crowd_await(struct crowd *c, uint32_t count)
{
    waitq_until(&c->nobody, __atomic_load_n(&c->left, __ATOMIC_ACQUIRE) == count);
}

// ---- cross-CPU calls ----------------------------------------------------------------------------

static uint32_t called[CPUS_MAX];

static void count_call(void *)
{
    EXPECT(!irq_is_enabled());
    __atomic_fetch_add(&called[cpu_this()->id], 1, __ATOMIC_RELAXED);
}

struct caller {
    uint32_t cpu, calls;
    struct crowd *crowd;
};

TASK_DEFINE(call_others, struct caller, c)
{
    EXPECT(cpu_this()->id == c->cpu);
    for (uint32_t i = 0; i < c->calls; i++) {
        preempt_disable();
        smp_call(cpuset_all(), count_call, nullptr);
        preempt_enable();
    }
    crowd_leave(c->crowd);
}

// All CPUs call all CPUs at the same time, `total` times together.
static void run_calls(uint64_t total)
{
    static struct caller callers[CPUS_MAX];
    static struct crowd crowd;
    uint32_t each = (uint32_t)(total / (cpu_count() * cpu_count()) + 1);
    crowd.left = 0;
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        called[cpu] = 0;
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        struct task *task;
        callers[cpu] = (struct caller){cpu, each, &crowd};
        must(call_others_create(&callers[cpu], &task));
        must(task_set_sched(task, on_cpu(cpu)));
        task_start(task);
        task_put(task);
    }
    crowd_await(&crowd, cpu_count());
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        EXPECT(called[cpu] == each * cpu_count());
}

// ---- switches -----------------------------------------------------------------------------------

struct side {
    struct task *task, *other;
    uint32_t *turn; // whose turn it is: 0 or 1
    uint32_t me, rounds;
    struct crowd *crowd;
};

TASK_DEFINE(play, struct side, s)
{
    for (uint32_t i = 0; i < s->rounds; i++) {
        while (__atomic_load_n(s->turn, __ATOMIC_ACQUIRE) != s->me)
            task_park();
        __atomic_store_n(s->turn, 1 - s->me, __ATOMIC_RELEASE);
        task_unpark(s->other);
    }
    crowd_leave(s->crowd);
}

// Pairs of tasks wake each other in turns, on CPUs of their own, together on one, or wherever.
static void run_ping_pong(uint32_t pairs, uint32_t rounds, bool pinned)
{
    static struct side sides[64][2];
    static uint32_t turns[64];
    static struct crowd crowd;
    crowd.left = 0;
    for (uint32_t p = 0; p < pairs; p++) {
        turns[p] = 0;
        for (uint32_t i = 0; i < 2; i++) {
            struct side *s = &sides[p][i];
            *s = (struct side){.turn = &turns[p], .me = i, .rounds = rounds, .crowd = &crowd};
            must(play_create(s, &s->task));
            if (pinned)
                must(task_set_sched(s->task, on_cpu(p + i * (p % 3))));
        }
        sides[p][0].other = sides[p][1].task;
        sides[p][1].other = sides[p][0].task;
    }
    for (uint32_t p = 0; p < pairs; p++) {
        task_start(sides[p][0].task);
        task_start(sides[p][1].task);
    }
    crowd_await(&crowd, 2 * pairs);
    for (uint32_t p = 0; p < pairs; p++) {
        task_put(sides[p][0].task);
        task_put(sides[p][1].task);
    }
}

static void ping_pong(void)
{
    run_ping_pong(1, 20'000, false);
    run_ping_pong(8, 2000, true);
    run_ping_pong(64, 200, false);
}

// Each wake-up is a switch, but for those that come before the other has gone to sleep.
static void run_switches(uint64_t total) { run_ping_pong(8, (uint32_t)(total / 16 + 1), false); }

// ---- faults and mappings ------------------------------------------------------------------------

// Tasks of one address space, each with pages of its own there, which it maps, unmaps, protects and
// lets a program touch. A translation that some CPU has kept shows as a wrong value or a fault that
// does not come.

constexpr uint64_t CODE = 0x400000, REGIONS = 0x10000000, REGION_SIZE = 2 * MIB;
constexpr uint32_t REGION_PAGES = 24;
constexpr uint64_t FAULT_READ = PAGE_FAULT_USER, FAULT_WRITE = PAGE_FAULT_USER | PAGE_FAULT_WRITE;
constexpr uint64_t FAULT_FORBIDDEN = FAULT_WRITE | PAGE_FAULT_PRESENT;

struct mapper {
    uint32_t id;
    uint64_t cycles, seed;
    struct vm_space *space;
    struct crowd *crowd;
    struct user_context *ctx;
    struct {
        bool mapped, writable;
        uint64_t value; // of its first word
    } model[REGION_PAGES];
};

// mov (%rdi), %rax; syscall. At 16: mov %rsi, (%rdi); syscall.
static const uint8_t touch[] = {0x48, 0x8b, 0x07, 0x0f, 0x05, 0,    0,    0,    0,    0,   0,
                                0,    0,    0,    0,    0,    0x48, 0x89, 0x37, 0x0f, 0x05};

static uint64_t page_of(const struct mapper *m, uint32_t i)
{
    return REGIONS + m->id * REGION_SIZE + i * PAGE_SIZE;
}

static struct vm_cursor cursor_at(struct mapper *m, uint32_t i, uint32_t count)
{
    struct vm_cursor c;
    uint64_t at = page_of(m, i);
    must(vm_cursor_open(m->space, (uaddr_t){at}, (uaddr_t){at + count * PAGE_SIZE}, &c));
    return c;
}

// The fault's error code, or 0 and, for a load, the value.
static uint64_t run_touch(struct mapper *m, uint32_t i, bool store, uint64_t *value)
{
    struct user_regs regs = {.rip = store ? CODE + 16 : CODE, .rdi = page_of(m, i), .rsi = *value};
    user_ctx_set_regs(m->ctx, &regs);
    if (user_mode_run(m->ctx, nullptr) == USER_SYSCALL) {
        if (!store)
            *value = user_ctx_syscall_nr(m->ctx);
        return 0;
    }
    struct user_exception e = user_ctx_exception(m->ctx);
    EXPECT(e.vector == TRAP_PAGE_FAULT && e.address == page_of(m, i));
    return e.error;
}

static void fault_in(struct mapper *m, uint32_t i)
{
    struct page *page;
    uint64_t value = next_random(&m->seed), read;
    bool by_store = value % 2 == 0;
    EXPECT(run_touch(m, i, by_store, &value) == (by_store ? FAULT_WRITE : FAULT_READ));
    must(page_alloc(PAGE_ZERO, &page));
    struct vm_cursor c = cursor_at(m, i, 1);
    must(vm_cursor_map(&c, page, (struct page_prop){.perm = VM_READ | VM_WRITE}));
    vm_cursor_close(&c);
    EXPECT(run_touch(m, i, false, &read) == 0 && read == 0);
    EXPECT(run_touch(m, i, true, &value) == 0);
    m->model[i].mapped = m->model[i].writable = true;
    m->model[i].value = value;
}

static void protect(struct mapper *m, uint32_t i)
{
    bool writable = !m->model[i].writable;
    struct vm_cursor c = cursor_at(m, i, 1);
    EXPECT(vm_cursor_protect(&c, 1, writable ? VM_READ | VM_WRITE : VM_READ) == 1);
    vm_cursor_close(&c);
    m->model[i].writable = writable;
}

static void check(struct mapper *m, uint32_t i)
{
    uint64_t read = 0, value = next_random(&m->seed);
    EXPECT(run_touch(m, i, false, &read) == 0 && read == m->model[i].value);
    EXPECT(run_touch(m, i, true, &value) == (m->model[i].writable ? 0 : FAULT_FORBIDDEN));
    if (m->model[i].writable)
        m->model[i].value = value;
}

// Some pages, mapped or not; says how many were.
static uint32_t unmap(struct mapper *m, uint32_t i)
{
    uint32_t count = 1 + (uint32_t)next_random(&m->seed) % 4, expected = 0;
    if (count > REGION_PAGES - i)
        count = REGION_PAGES - i;
    for (uint32_t n = i; n < i + count; n++) {
        expected += m->model[n].mapped;
        m->model[n].mapped = false;
    }
    struct vm_cursor c = cursor_at(m, i, count);
    EXPECT(vm_cursor_unmap(&c, count) == expected);
    vm_cursor_close(&c);
    return expected;
}

TASK_DEFINE(run_mapper, struct mapper, m)
{
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &m->ctx));
    task_set_space(m->space);
    for (uint64_t done = 0; done < m->cycles;) {
        uint64_t r = next_random(&m->seed);
        uint32_t i = (uint32_t)(r % REGION_PAGES);
        if (!m->model[i].mapped)
            fault_in(m, i);
        else if (r / 100 % 4 == 0)
            protect(m, i);
        else if (r / 100 % 4 == 1)
            check(m, i);
        else
            done += unmap(m, i);
        if (r / 1000 % 8 == 0)
            task_yield();
    }
    task_set_space(nullptr);
    user_ctx_destroy(m->ctx);
    crowd_leave(m->crowd);
}

static struct vm_space *space_to_touch(void)
{
    struct vm_space *space;
    struct page_run run;
    struct vm_cursor c;
    must(vm_space_create(&space));
    must(page_run_alloc(1, PAGE_ZERO, &run));
    must(page_run_write(&run, 0, CSPAN_OF(touch)));
    must(vm_cursor_open(space, (uaddr_t){CODE}, (uaddr_t){CODE + PAGE_SIZE}, &c));
    must(vm_cursor_map(&c, page_run_get(&run, 0), (struct page_prop){.perm = VM_READ | VM_EXEC}));
    vm_cursor_close(&c);
    page_run_put(&run);
    return space;
}

static void run_faults(uint64_t total)
{
    constexpr uint32_t count = 8;
    static struct mapper mappers[count];
    static struct crowd crowd;
    struct vm_space *space = space_to_touch();
    crowd.left = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct task *task;
        mappers[i] = (struct mapper){.id = i, .cycles = total / count + 1, .seed = i + 1};
        mappers[i].space = space;
        mappers[i].crowd = &crowd;
        must(run_mapper_create(&mappers[i], &task));
        task_start(task);
        task_put(task);
    }
    crowd_await(&crowd, count);
    vm_space_put(space);
}

// ---- how much -----------------------------------------------------------------------------------

// A short run first, after which the frame has the tables that it keeps.
static void measure(const char *what, void (*run)(uint64_t count), uint64_t count)
{
    cmdline_find_u64(boot_cmdline(), SPAN_TEXT("count"), &count);
    stock_up();
    run(count / 100);
    uint64_t before = free_pages(), begin = clock_mono_ns();
    run(count);
    uint64_t ms = (clock_mono_ns() - begin) / 1'000'000;
    EXPECT(free_pages() == before);
    kprintf("%lu %s on %u CPUs: %lu ms\n", count, what, cpu_count(), ms);
}

static void calls(void) { measure("calls", run_calls, 2000); }
static void switches(void) { measure("switches", run_switches, 50'000); }
static void faults(void) { measure("map, unmap and fault cycles", run_faults, 800); }

const struct ktest ktest_stress[] = {
    {"calls", calls}, {"faults", faults}, {"ping_pong", ping_pong}, {"switches", switches}, {},
};
