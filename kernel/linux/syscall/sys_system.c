// SPDX-License-Identifier: Apache-2.0
// What concerns the machine as a whole: uname(2), sethostname(2), sysinfo(2), reboot(2); and how a
// program wants to see it: personality(2).
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/usage.h"
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/timespec.h"
#include <linux/personality.h>
#include <linux/reboot.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

// ---- its names ---------------------------------------------------------------------------------

struct machine_name {
    uint8_t bytes[__NEW_UTS_LEN + 1];
};

struct machine_names {
    struct spinlock lock;
    struct machine_name node GUARDED_BY(lc_uts), domain GUARDED_BY(lc_uts);
};
SPINLOCK_OPS(uts, struct machine_names, lock, lc_uts)

static struct machine_names names = {.node = {"keel"}, .domain = {"(none)"}};

// The version is that of the interface (the pinned headers').
sysret_t sys_uname(struct thread *t, const struct sys_args *a)
{
    struct new_utsname told = {};
    uts_lock(&names);
    struct machine_name node = names.node, domain = names.domain;
    uts_unlock(&names);
    bool old_machine = (t->traits.personality & PER_MASK) == PER_LINUX32;
    span_copy(SPAN_OF(told.sysname), SPAN_TEXT("Linux"));
    span_copy(SPAN_OF(told.nodename), CSPAN_OF(node.bytes));
    span_copy(SPAN_OF(told.release), SPAN_TEXT("6.1.0-keel"));
    span_copy(SPAN_OF(told.version), SPAN_TEXT("#1 SMP"));
    span_copy(SPAN_OF(told.machine), old_machine ? SPAN_TEXT("i686") : SPAN_TEXT("x86_64"));
    span_copy(SPAN_OF(told.domainname), CSPAN_OF(domain.bytes));
    return mm_write(t->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(told));
}

static enum err read_name(struct thread *t, const struct sys_args *a, struct machine_name *name)
{
    int32_t len = (int32_t)a->arg[1];
    *name = (struct machine_name){};
    if (!thread_has(t, CAP_SYS_ADMIN))
        return ERR_PERM;
    if (len < 0 || len > __NEW_UTS_LEN)
        return ERR_INVAL;
    return mm_read(t->mm, (uaddr_t){a->arg[0]}, span_sub(SPAN_OF(name->bytes), 0, (size_t)len));
}

sysret_t sys_sethostname(struct thread *t, const struct sys_args *a)
{
    struct machine_name name;
    enum err err = read_name(t, a, &name);
    if (err != ERR_OK)
        return err;
    uts_lock(&names);
    names.node = name;
    uts_unlock(&names);
    return ERR_OK;
}

sysret_t sys_setdomainname(struct thread *t, const struct sys_args *a)
{
    struct machine_name name;
    enum err err = read_name(t, a, &name);
    if (err != ERR_OK)
        return err;
    uts_lock(&names);
    names.domain = name;
    uts_unlock(&names);
    return ERR_OK;
}

// ---- its state ---------------------------------------------------------------------------------

sysret_t sys_sysinfo(struct thread *t, const struct sys_args *a)
{
    struct pmm_stats memory = pmm_stats();
    struct sysinfo told = {
        .uptime = (int64_t)((clock_mono_ns() + SECOND_NS - 1) / SECOND_NS),
        .totalram = memory.total * PAGE_SIZE,
        .freeram = memory.free * PAGE_SIZE,
        .procs = (uint16_t)thread_total(),
        .mem_unit = 1,
    };
    return mm_write(t->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(told));
}

static bool is_magic(uint32_t first, uint32_t second)
{
    return first == LINUX_REBOOT_MAGIC1 &&
           (second == LINUX_REBOOT_MAGIC2 || second == LINUX_REBOOT_MAGIC2A ||
            second == LINUX_REBOOT_MAGIC2B || second == LINUX_REBOOT_MAGIC2C);
}

// A machine that is to start again ends too: whoever has started it may do so again.
sysret_t sys_reboot(struct thread *t, const struct sys_args *a)
{
    uint8_t command[256];
    size_t len;
    enum err err;
    if (!thread_has(t, CAP_SYS_BOOT))
        return ERR_PERM;
    if (!is_magic((uint32_t)a->arg[0], (uint32_t)a->arg[1]))
        return ERR_INVAL;
    switch ((uint32_t)a->arg[2]) {
    case LINUX_REBOOT_CMD_RESTART2:
        err = mm_read_string(t->mm, (uaddr_t){a->arg[3]}, SPAN_OF(command), &len);
        if (err != ERR_OK && err != ERR_OVERFLOW)
            return err;
        [[fallthrough]];
    case LINUX_REBOOT_CMD_RESTART:
    case LINUX_REBOOT_CMD_HALT:
    case LINUX_REBOOT_CMD_POWER_OFF:
        power_off(0);
    case LINUX_REBOOT_CMD_CAD_ON:
    case LINUX_REBOOT_CMD_CAD_OFF:
        return ERR_OK; // no key is pressed on this machine
    }
    return ERR_INVAL;
}

// ---- how a program sees it ---------------------------------------------------------------------

// Those that are here: for others memory would have to lie elsewhere, or calls to differ.
constexpr uint32_t PERSONALITY_ASKS = UINT32_MAX;

static bool has_personality(uint32_t wanted)
{
    uint32_t kind = wanted & PER_MASK, flags = wanted & ~(uint32_t)PER_MASK;
    return (kind == PER_LINUX || kind == PER_LINUX32) &&
           (flags & ~(uint32_t)ADDR_NO_RANDOMIZE) == 0;
}

sysret_t sys_personality(struct thread *t, const struct sys_args *a)
{
    uint32_t wanted = (uint32_t)a->arg[0], before = t->traits.personality;
    if (wanted == PERSONALITY_ASKS)
        return before;
    if (!has_personality(wanted))
        return ERR_INVAL;
    t->traits.personality = wanted;
    return before;
}
