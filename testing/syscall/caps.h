// SPDX-License-Identifier: Apache-2.0
// For cases of what not everybody may do: on the host they run with more or fewer privileges.
#pragma once
#include "testing/syscall/signals.h"
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <stdio.h>

#define control(...) call(SYS_prctl, __VA_ARGS__)

struct ids {
    uint32_t real, effective, saved;
};

struct caps {
    uint64_t effective, permitted, inheritable;
};

constexpr uint32_t SAME = UINT32_MAX;

// Users that the host has no processes of.
constexpr uint32_t ONE = 54321, OTHER = 54322, THIRD = 54323;

[[maybe_unused]] static struct ids users(void)
{
    struct ids i = {SAME, SAME, SAME};
    CHECK_EQ(call(SYS_getresuid, &i.real, &i.effective, &i.saved), 0);
    return i;
}

[[maybe_unused]] static struct ids groups(void)
{
    struct ids i = {SAME, SAME, SAME};
    CHECK_EQ(call(SYS_getresgid, &i.real, &i.effective, &i.saved), 0);
    return i;
}

[[maybe_unused]] static bool are(struct ids i, uint32_t real, uint32_t effective, uint32_t saved)
{
    return i.real == real && i.effective == effective && i.saved == saved;
}

static struct caps caps_of(int pid)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, pid};
    struct __user_cap_data_struct d[2] = {};
    CHECK_EQ(call(SYS_capget, &h, d), 0);
    return (struct caps){
        d[0].effective | (uint64_t)d[1].effective << 32,
        d[0].permitted | (uint64_t)d[1].permitted << 32,
        d[0].inheritable | (uint64_t)d[1].inheritable << 32,
    };
}

static long set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };
    return call(SYS_capset, &h, d);
}

[[maybe_unused]] static uint64_t cap(int n) { return 1ull << n; }

[[maybe_unused]] static bool has(int n) { return (caps_of(0).effective & cap(n)) != 0; }

[[maybe_unused]] static void drop_all(void)
{
    CHECK_EQ(set_caps(0, 0, 0), 0);
    CHECK_EQ(caps_of(0).permitted, 0);
}

// Whether we may be whoever we like: root, with other users there to become.
static bool is_privileged(void)
{
    static int answer;
    uint32_t list[2] = {ONE, OTHER};
    if (answer == 0) {
        int status = 0;
        long pid = call(SYS_fork);
        if (pid == 0) {
            bool good = getuid() == 0 && call(SYS_setgroups, 2, list) == 0 &&
                        call(SYS_setresgid, ONE, OTHER, THIRD) == 0 &&
                        call(SYS_setresuid, ONE, OTHER, THIRD) == 0;
            syscall(SYS_exit_group, good);
        }
        CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
        answer = status == 1 << 8 ? 1 : 2;
        if (answer == 1)
            printf("privileged\n");
        fflush(stdout);
    }
    return answer == 1;
}

// Runs it in a child, if we may be whoever we like.
[[maybe_unused]] static void if_privileged(void (*body)(void))
{
    if (is_privileged())
        CHECK_EQ(in_child(body), 0);
}

// Becomes an ordinary user, for ever.
[[maybe_unused]] static void become(uint32_t id)
{
    CHECK_EQ(call(SYS_setgroups, 0, nullptr), 0);
    CHECK_EQ(call(SYS_setresgid, id, id, id), 0);
    CHECK_EQ(call(SYS_setresuid, id, id, id), 0);
}
