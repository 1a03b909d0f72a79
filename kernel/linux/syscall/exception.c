// SPDX-License-Identifier: Apache-2.0
// Exceptions of programs. A page fault may be no more than a page that has not come yet; what is
// left is a signal (sigaction(2), "The siginfo_t argument to a SA_SIGINFO handler").
#include "kernel/linux/process/signals.h"
#include "kernel/linux/syscall/syscall.h"
#include <asm/siginfo.h>

// What an exception that is no page fault becomes. Linux has no address for those of the last sort.
static struct signal_info info_of(uint64_t vector, uint64_t ip)
{
    switch (vector) {
    case TRAP_DIVIDE:
        return siginfo_fault(SIGFPE, FPE_INTDIV, ip);
    case TRAP_X87:
    case TRAP_SIMD:
        return siginfo_fault(SIGFPE, FPE_FLTUNK, ip);
    case TRAP_INVALID_OPCODE:
        return siginfo_fault(SIGILL, ILL_ILLOPN, ip);
    case TRAP_DEBUG:
        return siginfo_fault(SIGTRAP, TRAP_TRACE, ip);
    case TRAP_BREAKPOINT:
        return siginfo_fault(SIGTRAP, SI_KERNEL, 0);
    case TRAP_ALIGNMENT:
        return siginfo_fault(SIGBUS, BUS_ADRALN, 0);
    case TRAP_STACK:
    case TRAP_NOT_PRESENT:
        return siginfo_fault(SIGBUS, SI_KERNEL, 0);
    default:
        return siginfo_fault(SIGSEGV, SI_KERNEL, 0);
    }
}

// False: the page has come.
static bool page_fault(struct thread *t, const struct user_exception *e, struct signal_info *info)
{
    uint8_t access = (e->error & PAGE_FAULT_FETCH) != 0   ? VM_EXEC
                     : (e->error & PAGE_FAULT_WRITE) != 0 ? VM_WRITE
                                                          : VM_READ;
    switch (mm_fault(t->mm, (uaddr_t){e->address}, access)) {
    case ERR_OK:
        store_release(&t->faults, t->faults + 1);
        return false;
    case ERR_IO:
        *info = siginfo_fault(SIGBUS, BUS_ADRERR, e->address);
        return true;
    case ERR_NOMEM:
        log_warn("process %lu is killed: out of memory", t->process->pid);
        process_end(t, SIGKILL);
    case ERR_ACCES:
        *info = siginfo_fault(SIGSEGV, SEGV_ACCERR, e->address);
        return true;
    default:
        *info = siginfo_fault(SIGSEGV, SEGV_MAPERR, e->address);
        return true;
    }
}

void exception_serve(struct thread *t)
{
    struct user_exception e = user_ctx_exception(t->ctx);
    struct signal_info info = info_of(e.vector, user_ctx_ip(t->ctx).raw);
    if (e.vector == TRAP_PAGE_FAULT && !page_fault(t, &e, &info))
        return;
    log_info("thread %lu: signal %d: %s at %lx (error %lx, address %lx)", t->tid, info.signal,
             trap_name(e.vector), user_ctx_ip(t->ctx).raw, e.error, e.address);
    signal_force(t, &info);
}
