// SPDX-License-Identifier: Apache-2.0
// Inside hostframe: the machine that runs, and its tasks.
#pragma once
#include "kernel/frame/entropy/stream.h"
#include "testing/hostframe/hidden.h"
#include "testing/hostframe/hostframe.h"
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <pthread.h>
#include <unordered_map>

enum class Stage : uint32_t {
    NEW,
    STARTED,
    ENDED,
};

struct task {
    std::atomic<uint32_t> refs{1};
    void (*fn)(void *);
    void *arg;
    struct cpu cpu = {};              // the one it believes to be on
    struct vm_space *space = nullptr; // its own
    std::atomic<Stage> stage{Stage::NEW};
    pthread_t thread = {};
    std::atomic<uint64_t> used_ns{0};
    std::atomic<bool> attr_changed{false};
    std::mutex mutex; // for all below; of a serial machine, the machine's is
    std::condition_variable wakeup;
    struct sched_attr attr = {};
    uint64_t switches = 0; // its own
    bool parked = false;
    bool notified = false;
};

namespace hostframe
{

// Thrown through a task's frames to leave it: the machine is off, or the task ends itself.
struct Off {
};
struct Exit {
};

struct State {
    explicit State(const Machine &m) : config(m), random(m.seed * 2 + 1)
    {
        entropy_stream_init(&entropy);
        entropy_stream_mix(&entropy, CSPAN_OF(m.seed));
    }

    const Machine &config;
    std::mutex mutex;
    std::condition_variable changed;
    std::atomic<bool> off{false};
    int status = 0;
    bool stopped = false;      // every thread has come to a stop
    unsigned running = 0;      // threads that have not, since the machine went off
    unsigned threads = 0;      // that exist
    std::vector<task *> tasks; // started, and not ended
    uint32_t next_cpu = 0;

    // Of a serial machine.
    task *turn = nullptr;
    uint64_t random;
    uint64_t now_ns = 0;

    std::string console;
    size_t input_at = 0;            // of what has come over the console
    std::atomic<uint64_t> bytes{0}; // of memory that is taken
    std::atomic<int64_t> real_offset_ns{0};
    uint64_t started_ns = 0;

    // Timers and deferred frees. (time.cc)
    std::mutex timer_mutex;
    std::condition_variable timer_changed;
    struct tree timers = {};
    struct timer *timer_running = nullptr;
    std::mutex rcu_mutex;
    std::condition_variable rcu_changed;
    struct rcu_head *rcu_deferred = nullptr;
    bool rcu_busy = false;

    std::mutex entropy_mutex;
    struct entropy_stream entropy;

    // Freed objects of types that last for ever.
    std::mutex lasting_mutex;
    std::unordered_map<struct heap_type *, std::vector<void *>> lasting;

    bool serial() const { return config.serial; }
};
extern State *state;

// The running thread's task, or null, and its CPU's block.
extern thread_local task *current;
extern thread_local struct cpu *block;

// A thread that is no task runs `fn`, as an interrupt would.
class Interrupt
{
public:
    Interrupt();
    ~Interrupt();
};

// Stops and leaves the calling thread if the machine is off. No lock is held.
void stop_if_off();
[[noreturn]] void stop();
void power(int status); // switches it off, and returns

// A thread counts as running from `enter` to `leave`; the last to leave or stop lets all go.
void enter_thread();
void leave_thread();

// task.cc: lets others run, on a serial machine. `self` goes on if it is ready.
void serial_schedule(task *self, bool ready);
void spin_wait_for(struct spinlock *l);
void apply_attr();
bool all_parked(); // with state->mutex held

// time.cc
uint64_t host_ns();
void time_thread();
void rcu_thread();
void wake_helpers();
bool anything_due(); // a timer is armed, or something is deferred
void serial_interrupts();
bool serial_jump(); // to the next timer; false if there is none

// memory.cc: memory behind a `struct live` header; null if an allocation is to fail, or there is
// none left.
void *live_alloc(uint32_t kind, size_t size, size_t counts, const void *type);
void live_free(void *at);
void free_all();

// What a page handle stands for; and an access to a service's memory, for the sanitizers.
uint8_t *page_bytes(const struct page *page);
struct page *page_in(const struct page_run *run, size_t i); // no reference
void note_access(const void *at, size_t n, bool write);

// space.cc: copies between user memory, `n` bytes on one page at `at`, and `to` or `from`, one of
// them null, as an access that needs the permission. Returns the page fault's error code without
// PAGE_FAULT_USER, and nothing done, if it is not allowed; else NO_FAULT.
constexpr uint64_t NO_FAULT = UINT64_MAX;
uint64_t user_access(struct vm_space *space, uint64_t at, uint8_t needs, void *to, const void *from,
                     size_t n);

// A word of user memory: loaded into `*expected`, or if `value` is given swapped for that. False: a
// page fault.
bool user_word(struct vm_space *space, uint64_t at, uint32_t *expected, const uint32_t *value);

} // namespace hostframe
