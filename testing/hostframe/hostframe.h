// SPDX-License-Identifier: Apache-2.0
// The frame on a host: kernels built on kernel/frame/frame.h run as a library, each task a thread,
// under the sanitizers. See README.md.
//
//     hostframe::Machine m;
//     m.main = kernel_main;
//     m.program = [](hostframe::Cpu &cpu) { return cpu.syscall(60, 7); };
//     EXPECT_EQ(hostframe::run(m).status, 7);
//
// A machine ends with power_off: every task is stopped at its next call of the frame, and left by
// an exception. What still was allocated is given back, so that the next machine starts anew.
#pragma once
#include <sched.h>
// Macros of the host's, where the frame has names of its own.
#undef SCHED_FIFO
#undef SCHED_RR
#include "kernel/frame/frame.h"
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace hostframe
{

// CPUs that a kernel finds. A task believes that it is on one of them; how many threads really run
// at once is the host's business.
constexpr uint32_t CPUS = 4;

// Where a user program runs: its registers, and its memory as the page tables let it have it.
class Cpu
{
public:
    struct user_regs regs;

    // For what a test keeps for each program: the context that runs.
    struct user_context *context;

    // An access by the program. False: a page fault, which the program then returns (fault()).
    bool read(uint64_t at, void *to, size_t n) { return access(at, to, nullptr, n); }
    bool write(uint64_t at, const void *from, size_t n) { return access(at, nullptr, from, n); }

    // What a program returns. A system call: `nr` in rax, arguments in rdi, rsi, rdx, r10, r8 and
    // r9; rip moves behind it by the two bytes of SYSCALL. An exception; and the one that the last
    // failed access brought about.
    enum user_event syscall(uint64_t nr, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0,
                            uint64_t a3 = 0, uint64_t a4 = 0, uint64_t a5 = 0);
    enum user_event exception(uint64_t vector, uint64_t error = 0, uint64_t address = 0);
    enum user_event fault() { return exception(fault_.vector, fault_.error, fault_.address); }

    const struct user_exception &raised() const { return raised_; }

private:
    bool access(uint64_t at, void *to, const void *from, size_t n);

    struct user_exception fault_ = {};
    struct user_exception raised_ = {};
};

// Runs until it needs the kernel. Called whenever a kernel enters user mode, in the task that
// does, if the page at rip may be executed (else the kernel gets a page fault).
using Program = std::function<enum user_event(Cpu &)>;

// A program of steps, each at an address: what runs is chosen by rip, so that what fork, signal
// handlers and exec do with it works. A system call's step is followed by the one two bytes on.
// Running into an address without a step is an invalid opcode.
class Script
{
public:
    Script &at(uint64_t address, Program step)
    {
        steps_[address] = std::move(step);
        return *this;
    }

    // From `address` on, one system call after the other.
    Script &calls(uint64_t address, std::vector<std::vector<uint64_t>> calls);

    enum user_event operator()(Cpu &cpu) const;

private:
    std::map<uint64_t, Program> steps_;
};

struct Module {
    std::string name;
    std::vector<uint8_t> bytes;
};

struct Machine {
    std::function<void()> main; // the first task's body: kernel_main, or a test's
    Program program;
    std::string cmdline;
    std::string input; // that comes over the console
    std::vector<Module> modules;
    uint64_t pages = 16 * 1024; // of memory

    // One task runs at a time, and who is next, also at any unlocking, is chosen from `seed`; time
    // stands still but for who looks at it, and jumps when all sleep. One seed gives one run.
    bool serial = false;
    uint64_t seed = 1;
};

// How a machine ended.
struct Outcome {
    int status;          // 0 to 255
    std::string console; // all that was written
    size_t objects;      // heap objects that were still allocated
    uint64_t pages;      // pages, and what else counts as memory
};

// Runs one to its end. One at a time. A kernel's panic() aborts; so does a machine in which all
// tasks sleep and nothing will ever wake one.
Outcome run(const Machine &machine);

} // namespace hostframe
