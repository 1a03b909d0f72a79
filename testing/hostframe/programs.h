// SPDX-License-Identifier: Apache-2.0
// Programs for kernel/linux on the host: an ELF file, and what makes system calls by chance.
#pragma once
#include "testing/hostframe/hostframe.h"
#include <atomic>
#include <cstring>
#include <sys/syscall.h>

namespace programs
{

constexpr uint64_t BASE = 0x400000, CODE = 0x401000, DATA = 0x402000, TIME = DATA + 0x1000;

// One segment to execute, one to write to.
inline hostframe::Module module()
{
    std::vector<uint8_t> file(4 * PAGE_SIZE);
    auto put = [&](size_t at, uint64_t value, size_t bytes) {
        for (size_t i = 0; i < bytes; i++)
            file[at + i] = static_cast<uint8_t>(value >> 8 * i);
    };
    memcpy(&file[0], "\177ELF\2\1\1", 7);
    put(16, 2, 2);  // an executable
    put(18, 62, 2); // for x86-64
    put(20, 1, 4);
    put(24, CODE, 8);
    put(32, 64, 8); // where the headers are
    put(52, 64, 2);
    put(54, 56, 2);
    put(56, 2, 2);
    const struct {
        uint64_t flags, offset, at, size;
    } segments[] = {{5, 0, BASE, 2 * PAGE_SIZE}, {6, 2 * PAGE_SIZE, DATA, 2 * PAGE_SIZE}};
    for (size_t i = 0; i < 2; i++) {
        size_t h = 64 + 56 * i;
        put(h, 1, 4);
        put(h + 4, segments[i].flags, 4);
        put(h + 8, segments[i].offset, 8);
        put(h + 16, segments[i].at, 8);
        put(h + 24, segments[i].at, 8);
        put(h + 32, segments[i].size, 8);
        put(h + 40, segments[i].size, 8);
        put(h + 48, PAGE_SIZE, 8);
    }
    memcpy(&file[2 * PAGE_SIZE], "Hello\n", 6);
    return {"program", file};
}

// A call to be made: its arguments come from a number.
struct Call {
    uint64_t nr, choices;
};

// What a thread does is chosen by a number in r15, which goes on from call to call, and is the
// child's own after a fork: nothing is kept outside of registers and memory.
//
// The first process makes children, waits a while, and ends the machine. The others make calls: by
// chance, or those of a list, from a place on that each child begins at.
class Chance
{
public:
    Chance(uint64_t seed, uint64_t children, uint64_t count)
        : seed_(seed), children_(children), count_(count)
    {
    }
    Chance(uint64_t seed, uint64_t children, std::vector<Call> list)
        : seed_(seed), children_(children), count_(list.size()), list_(std::move(list))
    {
    }

    enum user_event operator()(hostframe::Cpu &cpu)
    {
        struct user_regs &r = cpu.regs;
        if (r.r13 == 0) { // it has just begun
            r.r13 = FIRST;
            r.r12 = children_;
            r.r15 = seed_ * 0x9e3779b97f4a7c15;
        }
        // A signal's handler: as if nothing had been.
        if (r.rip == HANDLER)
            return cpu.syscall(SYS_rt_sigreturn);
        if (r.r13 == FIRST)
            return first(cpu);
        return other(cpu);
    }

    static constexpr uint64_t HANDLER = CODE + 0x100;

    std::atomic<uint64_t> calls = 0; // that have been made

private:
    enum Role : uint64_t {
        FIRST = 1,
        OTHER = 2
    };

    static uint64_t next(struct user_regs &r)
    {
        r.r15 = r.r15 * 6364136223846793005 + 1442695040888963407;
        return r.r15 >> 24;
    }

    enum user_event first(hostframe::Cpu &cpu)
    {
        struct user_regs &r = cpu.regs;
        r.rip = CODE;
        if (r.r14 == 1 && r.rax == 0) { // in the child of a fork
            r.r13 = OTHER;
            r.r12 = count_;
            r.r15 += r.r15 << 7 | 1;
            return other(cpu);
        }
        r.r14 = 0;
        if (r.r12 > 0) {
            r.r12--;
            r.r14 = 1;
            next(r);
            return cpu.syscall(SYS_fork);
        }
        // 20 milliseconds, in which others may wake it; then the end.
        uint64_t time[2] = {0, 20'000'000};
        if (!cpu.write(TIME, time, sizeof(time)))
            return cpu.fault();
        if (r.rbp++ < 4)
            return cpu.syscall(SYS_nanosleep, TIME, 0);
        return cpu.syscall(SYS_exit_group, 0);
    }

    static uint64_t address(struct user_regs &r)
    {
        switch (next(r) % 8) {
        case 0:
            return 0;
        case 1:
            return next(r) << 20; // anything
        case 2:
            return DATA + next(r) % 0x3000;
        case 3:
            return 0x10000000 + (next(r) % 64) * PAGE_SIZE;
        default:
            return DATA + next(r) % 256 * 8;
        }
    }

    static uint64_t number(struct user_regs &r)
    {
        switch (next(r) % 8) {
        case 0:
            return static_cast<uint64_t>(-1);
        case 1:
            return next(r);
        case 2:
            return 1ull << next(r) % 64;
        case 3:
            return PAGE_SIZE * (next(r) % 16);
        default:
            return next(r) % 64;
        }
    }

    // An argument may be an address, a number, or an identifier.
    static uint64_t argument(struct user_regs &r)
    {
        return next(r) % 2 == 0 ? address(r) : number(r);
    }

    // Memory that calls read: more or less what they could find there. False: a fault.
    static bool scribble(hostframe::Cpu &cpu)
    {
        uint64_t words[4];
        for (uint64_t &w : words)
            w = next(cpu.regs) % 4 == 0 ? HANDLER : argument(cpu.regs);
        return cpu.write(DATA + next(cpu.regs) % 256 * 8, words, sizeof(words));
    }

    enum user_event other(hostframe::Cpu &cpu)
    {
        struct user_regs &r = cpu.regs;
        r.rip = CODE;
        if (r.r14 == 1 && r.rax == 0)
            r.r15 += r.r15 << 7 | 1;
        r.r14 = 0;
        if (r.r12 == 0)
            return cpu.syscall(next(r) % 2 == 0 ? SYS_exit : SYS_exit_group, next(r));
        r.r12--;
        if (next(r) % 4 == 0 && !scribble(cpu))
            return cpu.fault();
        uint64_t nr = next(r) % 463;
        if (!list_.empty()) {
            const Call &c = list_[r.r12 % list_.size()];
            nr = c.nr;
            r.r15 = c.choices;
        }
        // The machine's own end is the first process's.
        if (nr == SYS_reboot)
            nr = SYS_getpid;
        calls++;
        uint64_t a[6];
        for (uint64_t &x : a)
            x = argument(r);
        r.r14 = nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == SYS_clone3;
        return cpu.syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    }

    uint64_t seed_, children_, count_;
    std::vector<Call> list_;
};

} // namespace programs
