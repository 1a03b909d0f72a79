// SPDX-License-Identifier: Apache-2.0
// Copies to and from user memory, and user mode: a function of the test's plays the program.
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/user/context_priv.h"
#include "testing/hostframe/machine.h"
#include <cstring>

using hostframe::NO_FAULT;
using hostframe::state;

// ---- copies ----------------------------------------------------------------------------------

struct vm_reader vm_reader_from(struct cspan from) { return {from.bytes, from.len, false}; }

struct vm_writer vm_writer_to(struct span to) { return {to.bytes, to.len, false}; }

static bool in_user_space(uaddr_t at, size_t len)
{
    return at.raw <= USER_END && len <= USER_END - at.raw;
}

enum err vm_space_reader(struct vm_space *space, uaddr_t at, size_t len, struct vm_reader *r)
{
    ASSERT(cpu_this()->active == space);
    *r = {};
    if (!in_user_space(at, len))
        return ERR_FAULT;
    *r = {reinterpret_cast<const uint8_t *>(at.raw), len, true};
    return ERR_OK;
}

enum err vm_space_writer(struct vm_space *space, uaddr_t at, size_t len, struct vm_writer *w)
{
    ASSERT(cpu_this()->active == space);
    *w = {};
    if (!in_user_space(at, len))
        return ERR_FAULT;
    *w = {reinterpret_cast<uint8_t *>(at.raw), len, true};
    return ERR_OK;
}

static size_t to_page_end(uint64_t at, size_t n)
{
    return min_u64(n, PAGE_SIZE - (at & PAGE_MASK));
}

// Copies `n` bytes, on one page of user memory where a side is that. False: it faulted.
static bool copy_piece(struct vm_space *space, const struct vm_writer *to,
                       const struct vm_reader *from, size_t n)
{
    auto t = reinterpret_cast<uint64_t>(to->at), f = reinterpret_cast<uint64_t>(from->at);
    if (!from->user && !to->user) {
        memcpy(to->at, from->at, n);
        return true;
    }
    if (!from->user) {
        hostframe::note_access(from->at, n, false);
        return hostframe::user_access(space, t, VM_WRITE, nullptr, from->at, n) == NO_FAULT;
    }
    if (!to->user) {
        hostframe::note_access(to->at, n, true);
        return hostframe::user_access(space, f, VM_READ, to->at, nullptr, n) == NO_FAULT;
    }
    uint8_t between[PAGE_SIZE];
    return hostframe::user_access(space, f, VM_READ, between, nullptr, n) == NO_FAULT &&
           hostframe::user_access(space, t, VM_WRITE, nullptr, between, n) == NO_FAULT;
}

enum err vm_copy(struct vm_writer *to, struct vm_reader *from, size_t *done)
{
    struct vm_space *space = cpu_this()->active;
    *done = 0;
    if (to->user || from->user) {
        might_sleep("vm_copy");
        ASSERT(space != nullptr);
    }
    while (to->left > 0 && from->left > 0) {
        size_t n = min_u64(to->left, from->left);
        if (to->user)
            n = to_page_end(reinterpret_cast<uint64_t>(to->at), n);
        if (from->user)
            n = to_page_end(reinterpret_cast<uint64_t>(from->at), n);
        if (!copy_piece(space, to, from, n))
            return ERR_FAULT;
        to->at += n;
        to->left -= n;
        from->at += n;
        from->left -= n;
        *done += n;
    }
    return ERR_OK;
}

static enum err word_at(struct vm_space *space, uaddr_t at, uint32_t *expected,
                        const uint32_t *value)
{
    ASSERT(cpu_this()->active == space && at.raw % sizeof(uint32_t) == 0);
    if (!in_user_space(at, sizeof(uint32_t)))
        return ERR_FAULT;
    return hostframe::user_word(space, at.raw, expected, value) ? ERR_OK : ERR_FAULT;
}

enum err vm_user_load_u32(struct vm_space *space, uaddr_t at, uint32_t *value)
{
    return word_at(space, at, value, nullptr);
}

enum err vm_user_compare_swap_u32(struct vm_space *space, uaddr_t at, uint32_t *expected,
                                  uint32_t value)
{
    return word_at(space, at, expected, &value);
}

// ---- the program -----------------------------------------------------------------------------

namespace hostframe
{

bool Cpu::access(uint64_t at, void *to, const void *from, size_t n)
{
    struct vm_space *space = cpu_this()->active;
    uint8_t needs = to != nullptr ? VM_READ : VM_WRITE;
    while (n > 0) {
        size_t piece = to_page_end(at, n);
        uint64_t error = space != nullptr ? user_access(space, at, needs, to, from, piece) : 0;
        if (error != NO_FAULT) {
            fault_ = {TRAP_PAGE_FAULT, error | PAGE_FAULT_USER, at};
            return false;
        }
        if (to != nullptr)
            to = static_cast<uint8_t *>(to) + piece;
        else
            from = static_cast<const uint8_t *>(from) + piece;
        at += piece;
        n -= piece;
    }
    return true;
}

// As the instruction does it (SDM Vol. 2B, SYSCALL), with the registers of Linux's convention.
enum user_event Cpu::syscall(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                             uint64_t a4, uint64_t a5)
{
    regs.rax = nr;
    regs.rdi = a0;
    regs.rsi = a1;
    regs.rdx = a2;
    regs.r10 = a3;
    regs.r8 = a4;
    regs.r9 = a5;
    regs.rip += 2;
    regs.rcx = regs.rip;
    regs.r11 = regs.rflags;
    return USER_SYSCALL;
}

enum user_event Cpu::exception(uint64_t vector, uint64_t error, uint64_t address)
{
    raised_ = {vector, error, address};
    return USER_EXCEPTION;
}

Script &Script::calls(uint64_t address, std::vector<std::vector<uint64_t>> calls)
{
    for (std::vector<uint64_t> &c : calls) {
        c.resize(7);
        at(address,
           [c](Cpu &cpu) { return cpu.syscall(c[0], c[1], c[2], c[3], c[4], c[5], c[6]); });
        address += 2;
    }
    return *this;
}

enum user_event Script::operator()(Cpu &cpu) const
{
    auto step = steps_.find(cpu.regs.rip);
    return step != steps_.end() ? step->second(cpu) : cpu.exception(TRAP_INVALID_OPCODE);
}

} // namespace hostframe

static enum user_event run_program(struct user_context *ctx)
{
    struct vm_space *space = cpu_this()->active;
    uint64_t ip = user_ctx_ip(ctx).raw;
    uint64_t error = space != nullptr
                         ? hostframe::user_access(space, ip, VM_EXEC, nullptr, nullptr, 0)
                         : PAGE_FAULT_FETCH;
    if (error != NO_FAULT) {
        ctx->exception = {TRAP_PAGE_FAULT, error | PAGE_FAULT_USER, ip};
        return USER_EXCEPTION;
    }
    hostframe::Cpu cpu;
    cpu.context = ctx;
    user_ctx_get_regs(ctx, &cpu.regs);
    enum user_event event = state->config.program(cpu);
    ASSERT(event != USER_KERNEL_EVENT);
    user_ctx_set_regs(ctx, &cpu.regs);
    ctx->from_syscall = event == USER_SYSCALL;
    if (event == USER_EXCEPTION)
        ctx->exception = cpu.raised();
    return event;
}

enum user_event user_mode_run(struct user_context *ctx, const struct user_hooks *hooks)
{
    might_sleep("user_mode_run");
    hostframe::stop_if_off();
    hostframe::apply_attr();
    if (state->serial())
        preempt_schedule();
    if (!address_is_canonical(user_ctx_ip(ctx).raw)) {
        ctx->exception = {TRAP_GENERAL_PROTECTION, 0, 0};
        return USER_EXCEPTION;
    }
    if (hooks != nullptr && hooks->has_kernel_event != nullptr && hooks->has_kernel_event())
        return USER_KERNEL_EVENT;
    enum user_event event = run_program(ctx);
    hostframe::stop_if_off();
    return event;
}

// A context is always in memory.
void user_ctx_sync(struct user_context *, bool) {}
