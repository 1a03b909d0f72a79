// SPDX-License-Identifier: Apache-2.0
// The machine: starting and switching off, boot information, console.
#include "testing/hostframe/machine.h"
#include "kernel/frame/console/uart.h"
#include <thread>

// A race that was found is the end, as everything else is that a sanitizer finds.
extern "C" const char *__tsan_default_options() { return "halt_on_error=1"; }

namespace hostframe
{

State *state;
thread_local task *current;

// A thread that plays no CPU of a machine has one of its own.
static thread_local struct cpu lone = {.preempt = PREEMPT_UNASKED};
thread_local struct cpu *block = &lone;

void enter_thread()
{
    std::lock_guard l(state->mutex);
    state->running++;
    state->threads++;
}

static void stopped_one()
{
    if (--state->running == 0 && state->off) {
        state->stopped = true;
        state->changed.notify_all();
    }
}

static thread_local bool has_stopped;

void leave_thread()
{
    std::lock_guard l(state->mutex);
    if (!has_stopped)
        stopped_one();
    state->threads--;
    state->changed.notify_all();
}

// All stop before any goes: one that still runs may look at what lies on another's stack.
void stop()
{
    {
        std::unique_lock l(state->mutex);
        if (!has_stopped)
            stopped_one();
        has_stopped = true;
        state->changed.wait(l, [] { return state->stopped; });
    }
    throw Off{};
}

void stop_if_off()
{
    if (state->off)
        stop();
}

void power(int status)
{
    std::unique_lock l(state->mutex);
    if (state->off)
        return;
    state->status = status & 0xff;
    state->off = true;
    for (task *t : state->tasks) {
        // Where it next switches preemption on.
        __atomic_fetch_and(&t->cpu.preempt, ~PREEMPT_UNASKED, __ATOMIC_SEQ_CST);
        if (!state->serial()) {
            std::lock_guard wake(t->mutex);
            t->wakeup.notify_all();
        } else {
            t->wakeup.notify_all();
        }
    }
    l.unlock();
    wake_helpers();
}

// A machine in which nothing can happen any more is a bug of the kernel's, and not one to wait for.
static void wait_for_end()
{
    std::unique_lock l(state->mutex);
    int idle = 0, stopping = 0;
    auto over = [] { return state->stopped && state->threads == 0; };
    while (!state->changed.wait_for(l, std::chrono::seconds(1), over)) {
        idle = !state->off && !state->serial() && all_parked() && !anything_due() ? idle + 1 : 0;
        if (idle == 3)
            panic("every task sleeps, and nothing will wake any");
        if (state->off && !state->stopped && ++stopping == 120)
            panic("the machine is off, and a task goes on without ever calling the frame");
    }
}

static void main_entry(void *main) { (*static_cast<const std::function<void()> *>(main))(); }

static void start_main(const Machine &m)
{
    auto *main = const_cast<std::function<void()> *>(&m.main);
    struct task *t;
    must(task_create(main_entry, main, &t));
    task_start(t);
    task_put(t);
}

// The linker's, of the sections of these names.
extern "C" {
[[gnu::weak]] extern char __start_kernel_data[], __stop_kernel_data[];
[[gnu::weak]] extern char __start_kernel_bss[], __stop_kernel_bss[];
}

static void make_cpus()
{
    static struct cpu cpus[CPUS];
    for (uint32_t i = cpu_count(); i < CPUS; i++) {
        cpus[i].id = i;
        cpu_add(&cpus[i]);
    }
}

// A kernel's variables, if it has any (statics.h): as they were before the first machine.
static void reset_kernel()
{
    struct Section {
        char *start, *end;
        std::vector<char> first;
    };
    static Section sections[] = {{__start_kernel_data, __stop_kernel_data, {}},
                                 {__start_kernel_bss, __stop_kernel_bss, {}}};
    static bool known = false;
    for (Section &s : sections) {
        // Between variables there is what must not be touched in anybody's sight.
        if (!known) {
            s.first.resize(static_cast<size_t>(s.end - s.start));
            hidden_copy(s.first.data(), s.start, s.first.size());
        }
        hidden_copy(s.start, s.first.data(), s.first.size());
    }
    known = true;
}

Outcome run(const Machine &m)
{
    static std::mutex one_at_a_time;
    std::lock_guard only(one_at_a_time);
    reset_kernel();
    make_cpus();
    spin_use_queues(spin_wait_for);
    State s(m);
    s.started_ns = host_ns();
    state = &s;
    std::vector<std::thread> helpers;
    if (!m.serial) {
        for (auto fn : {time_thread, rcu_thread}) {
            enter_thread();
            helpers.emplace_back(fn);
        }
    }
    start_main(m);
    wait_for_end();
    for (auto &h : helpers)
        h.join();
    Outcome o = {s.status, s.console, live_count(LIVE_OBJECT), pages_for(s.bytes)};
    free_all();
    state = nullptr;
    return o;
}

} // namespace hostframe

using hostframe::state;

struct cpu_arch *cpu_arch_this(void) { return &hostframe::block->arch; }

void power_off(int status)
{
    hostframe::power(status);
    hostframe::stop();
}

struct cspan boot_cmdline(void)
{
    return cspan_make(state->config.cmdline.data(), state->config.cmdline.size());
}

size_t boot_module_count(void) { return state->config.modules.size(); }

static const hostframe::Module &module_at(size_t i)
{
    ASSERT(i < state->config.modules.size());
    return state->config.modules[i];
}

struct cspan boot_module(size_t i)
{
    const auto &bytes = module_at(i).bytes;
    return cspan_make(bytes.data(), bytes.size());
}

struct cspan boot_module_name(size_t i)
{
    const std::string &name = module_at(i).name;
    return cspan_make(name.data(), name.size());
}

// One at a time: console.c sees to that.
bool uart_read(uint8_t *byte)
{
    const std::string &input = state->config.input;
    if (state->input_at == input.size())
        return false;
    *byte = static_cast<uint8_t>(input[state->input_at++]);
    return true;
}

void uart_write(struct cspan bytes)
{
    state->console.append(reinterpret_cast<const char *>(bytes.bytes), bytes.len);
}
