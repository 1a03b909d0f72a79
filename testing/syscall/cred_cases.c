// SPDX-License-Identifier: Apache-2.0
// Credentials: users, groups, capabilities, and how they change each other.
#include "testing/syscall/caps.h"
#include <pthread.h>

// ---- asking ------------------------------------------------------------------------------------

CASE(getresuid, "agrees with the others")
{
    struct ids i = users();
    CHECK_EQ(call(SYS_getuid), i.real);
    CHECK_EQ(call(SYS_geteuid), i.effective);
    uint32_t id;
    CHECK_EQ(call(SYS_getresuid, nowhere, &id, &id), -EFAULT);
    CHECK_EQ(call(SYS_getresuid, &id, nowhere, &id), -EFAULT);
    CHECK_EQ(call(SYS_getresuid, &id, &id, nowhere), -EFAULT);
}

CASE(getresgid, "agrees with the others")
{
    struct ids i = groups();
    CHECK_EQ(call(SYS_getgid), i.real);
    CHECK_EQ(call(SYS_getegid), i.effective);
    uint32_t id;
    CHECK_EQ(call(SYS_getresgid, nowhere, &id, &id), -EFAULT);
    CHECK_EQ(call(SYS_getresgid, &id, nowhere, &id), -EFAULT);
    CHECK_EQ(call(SYS_getresgid, &id, &id, nowhere), -EFAULT);
}

static void ask_one(void)
{
    become(ONE);
    CHECK_EQ(call(SYS_getuid), ONE);
    CHECK_EQ(call(SYS_geteuid), ONE);
    CHECK_EQ(call(SYS_getgid), ONE);
    CHECK_EQ(call(SYS_getegid), ONE);
}

static void ask_two(void)
{
    CHECK_EQ(call(SYS_setresgid, ONE, OTHER, THIRD), 0);
    CHECK_EQ(call(SYS_setresuid, ONE, OTHER, THIRD), 0);
    CHECK_EQ(call(SYS_getuid), ONE);
    CHECK_EQ(call(SYS_geteuid), OTHER);
    CHECK_EQ(call(SYS_getgid), ONE);
    CHECK_EQ(call(SYS_getegid), OTHER);
}

CASE(getuid, "the real user") { if_privileged(ask_one); }
CASE(geteuid, "the effective user") { if_privileged(ask_two); }
CASE(getgid, "the real group") { if_privileged(ask_one); }
CASE(getegid, "the effective group") { if_privileged(ask_two); }

// ---- users -------------------------------------------------------------------------------------

static void unprivileged_users(void)
{
    struct ids i = users();
    drop_all();
    CHECK_EQ(call(SYS_setuid, i.real), 0);
    CHECK_EQ(call(SYS_setresuid, SAME, SAME, SAME), 0);
    CHECK_EQ(call(SYS_setreuid, SAME, SAME), 0);
    CHECK_EQ(call(SYS_setresuid, i.real, i.real, i.real), 0);
    CHECK_EQ(call(SYS_setreuid, i.real, i.real), 0);
    CHECK(are(users(), i.real, i.real, i.real));
    CHECK_EQ(call(SYS_setuid, SAME), -EINVAL);
    if (!is_privileged())
        return;
    // Identifiers that there are not are EINVAL where there are few.
    CHECK_EQ(call(SYS_setuid, ONE), -EPERM);
    CHECK_EQ(call(SYS_setreuid, ONE, SAME), -EPERM);
    CHECK_EQ(call(SYS_setreuid, SAME, ONE), -EPERM);
    CHECK_EQ(call(SYS_setresuid, ONE, SAME, SAME), -EPERM);
    CHECK_EQ(call(SYS_setresuid, SAME, ONE, SAME), -EPERM);
    CHECK_EQ(call(SYS_setresuid, SAME, SAME, ONE), -EPERM);
    CHECK(are(users(), i.real, i.real, i.real));
}

CASE(setresuid, "without privileges") { CHECK_EQ(in_child(unprivileged_users), 0); }

static void set_for_ever(void)
{
    CHECK_EQ(call(SYS_setuid, ONE), 0);
    CHECK(are(users(), ONE, ONE, ONE));
    struct caps c = caps_of(0);
    CHECK_EQ(c.effective, 0);
    CHECK_EQ(c.permitted, 0);
    CHECK_EQ(call(SYS_setuid, 0), -EPERM);
    CHECK_EQ(call(SYS_setuid, SAME), -EINVAL);
}

// What root sets only for itself, and one that is no root.
static void set_for_a_while(void)
{
    CHECK_EQ(call(SYS_setresuid, ONE, OTHER, 0), 0);
    CHECK_EQ(call(SYS_setuid, 0), 0);
    CHECK(are(users(), ONE, 0, 0));
    CHECK_EQ(call(SYS_setresuid, ONE, OTHER, THIRD), 0);
    CHECK_EQ(call(SYS_setuid, THIRD), 0);
    CHECK(are(users(), ONE, THIRD, THIRD));
    CHECK_EQ(call(SYS_setuid, OTHER), -EPERM);
    CHECK_EQ(call(SYS_setuid, ONE), 0);
    CHECK(are(users(), ONE, ONE, THIRD));
}

CASE(setuid, "root for ever, others between what they have")
{
    if_privileged(set_for_ever);
    if_privileged(set_for_a_while);
}

static void change_two(void)
{
    CHECK_EQ(call(SYS_setreuid, SAME, ONE), 0);
    CHECK(are(users(), 0, ONE, ONE));
    CHECK_EQ(call(SYS_setreuid, ONE, 0), 0); // exchanged
    CHECK(are(users(), ONE, 0, 0));
    CHECK_EQ(call(SYS_setreuid, SAME, ONE), 0); // what the real one is: the saved one stays
    CHECK(are(users(), ONE, ONE, 0));
    CHECK_EQ(call(SYS_setreuid, 0, SAME), -EPERM);
    CHECK_EQ(call(SYS_setreuid, SAME, OTHER), -EPERM);
    CHECK_EQ(call(SYS_setreuid, SAME, 0), 0);
    CHECK(are(users(), ONE, 0, 0));
    CHECK_EQ(call(SYS_setreuid, OTHER, THIRD), 0);
    CHECK(are(users(), OTHER, THIRD, THIRD));
}

CASE(setreuid, "and what becomes of the saved one") { if_privileged(change_two); }

static void change_three(void)
{
    CHECK_EQ(call(SYS_setresuid, ONE, OTHER, THIRD), 0);
    CHECK_EQ(call(SYS_setresuid, THIRD, ONE, OTHER), 0);
    CHECK(are(users(), THIRD, ONE, OTHER));
    CHECK_EQ(call(SYS_setresuid, SAME, OTHER, SAME), 0);
    CHECK(are(users(), THIRD, OTHER, OTHER));
    CHECK_EQ(call(SYS_setresuid, ONE, SAME, SAME), -EPERM);
    CHECK_EQ(call(SYS_setresuid, SAME, SAME, 0), -EPERM);
}

CASE(setresuid, "any of the three may be any of them") { if_privileged(change_three); }

static void change_files(void)
{
    CHECK_EQ(call(SYS_setfsuid, ONE), 0);
    CHECK_EQ(call(SYS_setfsuid, SAME), ONE);
    CHECK_EQ(has(CAP_CHOWN), false);
    CHECK_EQ(has(CAP_MAC_OVERRIDE), false);
    CHECK_EQ(has(CAP_KILL), true);
    CHECK_EQ(call(SYS_setfsuid, 0), ONE);
    CHECK_EQ(has(CAP_CHOWN), true);
    // It goes along with the effective one.
    CHECK_EQ(call(SYS_setresuid, ONE, OTHER, ONE), 0);
    CHECK_EQ(call(SYS_setfsuid, SAME), OTHER);
    CHECK_EQ(call(SYS_setfsuid, 0), OTHER);
    CHECK_EQ(call(SYS_setfsuid, ONE), OTHER);
    CHECK_EQ(call(SYS_setfsuid, THIRD), ONE);
    CHECK_EQ(call(SYS_setfsuid, SAME), ONE);
}

CASE(setfsuid, "says what it was, changed or not")
{
    CHECK_EQ(call(SYS_setfsuid, SAME), call(SYS_geteuid));
    CHECK_EQ(call(SYS_setfsuid, call(SYS_getuid)), call(SYS_geteuid));
    if_privileged(change_files);
}

static void *be_other(void *)
{
    CHECK_EQ(call(SYS_setresuid, ONE, ONE, ONE), 0);
    CHECK_EQ(caps_of(0).permitted, 0);
    return nullptr;
}

static void be_two(void)
{
    pthread_t t;
    CHECK_EQ(pthread_create(&t, nullptr, be_other, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(call(SYS_getuid), 0);
    CHECK(caps_of(0).permitted != 0);
}

CASE(setresuid, "a thread's own: the C library sets those of the others") { if_privileged(be_two); }

// ---- groups ------------------------------------------------------------------------------------

static void unprivileged_groups(void)
{
    struct ids i = groups();
    drop_all();
    CHECK_EQ(call(SYS_setgid, i.real), 0);
    CHECK_EQ(call(SYS_setresgid, SAME, SAME, SAME), 0);
    CHECK_EQ(call(SYS_setregid, SAME, i.real), 0);
    CHECK_EQ(call(SYS_setgid, SAME), -EINVAL);
    CHECK_EQ(call(SYS_setgroups, 0, nullptr), -EPERM);
    CHECK_EQ(call(SYS_setfsgid, SAME), i.real);
    if (!is_privileged())
        return;
    CHECK_EQ(call(SYS_setgid, ONE), -EPERM);
    CHECK_EQ(call(SYS_setregid, ONE, SAME), -EPERM);
    CHECK_EQ(call(SYS_setregid, SAME, ONE), -EPERM);
    CHECK_EQ(call(SYS_setresgid, SAME, SAME, ONE), -EPERM);
    CHECK_EQ(call(SYS_setfsgid, ONE), i.real);
    CHECK_EQ(call(SYS_setfsgid, SAME), i.real);
}

CASE(setresgid, "without privileges") { CHECK_EQ(in_child(unprivileged_groups), 0); }

static void change_groups(void)
{
    CHECK_EQ(call(SYS_setgid, ONE), 0);
    CHECK(are(groups(), ONE, ONE, ONE));
    CHECK_EQ(call(SYS_setregid, OTHER, SAME), 0);
    CHECK(are(groups(), OTHER, ONE, ONE));
    CHECK_EQ(call(SYS_setresgid, ONE, OTHER, THIRD), 0);
    CHECK(are(groups(), ONE, OTHER, THIRD));
    CHECK_EQ(call(SYS_setfsgid, THIRD), OTHER);
    CHECK_EQ(call(SYS_setfsgid, SAME), THIRD);
    CHECK(caps_of(0).effective != 0); // of users only
    CHECK_EQ(call(SYS_setuid, ONE), 0);
    CHECK_EQ(call(SYS_setgid, THIRD), 0);
    CHECK(are(groups(), ONE, THIRD, THIRD));
    CHECK_EQ(call(SYS_setgid, OTHER), -EPERM);
}

CASE(setgid, "for ever, or between what they have") { if_privileged(change_groups); }
CASE(setregid, "and what becomes of the saved one") { if_privileged(change_groups); }
CASE(setfsgid, "says what it was") { if_privileged(change_groups); }

static uint32_t list[65537];

static void have_groups(void)
{
    CHECK_EQ(call(SYS_getgroups, 3, list), 3);
    CHECK(list[0] == ONE && list[1] == OTHER && list[2] == THIRD);
}

static void set_groups(void)
{
    uint32_t some[3] = {THIRD, ONE, OTHER};
    CHECK_EQ(call(SYS_setgroups, 3, some), 0);
    CHECK_EQ(call(SYS_getgroups, 0, nowhere), 3);
    CHECK_EQ(call(SYS_getgroups, 2, list), -EINVAL);
    CHECK_EQ(call(SYS_getgroups, 3, nowhere), -EFAULT);
    CHECK_EQ(in_child(have_groups), 0);
    some[1] = SAME;
    CHECK_EQ(call(SYS_setgroups, 3, some), -EINVAL);
    CHECK_EQ(call(SYS_setgroups, 3, nowhere), -EFAULT);
    CHECK_EQ(call(SYS_setgroups, -1, some), -EINVAL);
    CHECK_EQ(call(SYS_setgroups, 65537, list), -EINVAL);
    CHECK_EQ(in_child(have_groups), 0);
    for (uint32_t i = 0; i < 65536; i++)
        list[i] = (i * 40503u) % 65536;
    CHECK_EQ(call(SYS_setgroups, 65536, list), 0);
    CHECK_EQ(call(SYS_getgroups, 65536, list), 65536);
    bool ascending = true;
    for (uint32_t i = 0; i < 65536; i++)
        ascending = ascending && list[i] == i;
    CHECK(ascending);
    CHECK_EQ(call(SYS_setgroups, 0, nullptr), 0);
    CHECK_EQ(call(SYS_getgroups, 0, nullptr), 0);
}

CASE(setgroups, "kept in order, and inherited") { if_privileged(set_groups); }

CASE(getgroups, "errors")
{
    CHECK_EQ(call(SYS_getgroups, -1, nullptr), -EINVAL);
    CHECK(call(SYS_getgroups, 0, nullptr) >= 0);
}

// ---- capabilities ------------------------------------------------------------------------------

CASE(capget, "one's own, by any name; versions")
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_1, 0};
    struct __user_cap_data_struct d[2] = {}, small[2] = {{1, 2, 3}, {4, 5, 6}};
    struct caps c = caps_of(0);
    CHECK_EQ(caps_of(getpid()).permitted, c.permitted);
    CHECK_EQ(call(SYS_capget, &h, small), 0);
    CHECK_EQ(small[0].permitted, (uint32_t)c.permitted);
    CHECK_EQ(small[1].permitted, 5); // not written
    h.version = _LINUX_CAPABILITY_VERSION_2;
    CHECK_EQ(call(SYS_capget, &h, d), 0);
    CHECK_EQ(d[1].permitted, c.permitted >> 32);
    h.version = 1;
    CHECK_EQ(call(SYS_capget, &h, d), -EINVAL);
    CHECK_EQ(h.version, _LINUX_CAPABILITY_VERSION_3);
    h.version = 1;
    CHECK_EQ(call(SYS_capget, &h, nullptr), 0);
    CHECK_EQ(h.version, _LINUX_CAPABILITY_VERSION_3);
    h.pid = -1;
    CHECK_EQ(call(SYS_capget, &h, d), -EINVAL);
    h.pid = 1 << 22;
    CHECK_EQ(call(SYS_capget, &h, d), -ESRCH);
    h.pid = 0;
    CHECK_EQ(call(SYS_capget, &h, nowhere), -EFAULT);
    CHECK_EQ(call(SYS_capget, nowhere, d), -EFAULT);
}

static void lose(void)
{
    struct caps c = caps_of(0);
    uint64_t some = c.permitted & ~cap(CAP_KILL);
    CHECK_EQ(set_caps(0, c.permitted, c.inheritable), 0);
    CHECK_EQ(caps_of(0).effective, 0);
    CHECK_EQ(set_caps(some, some, c.inheritable), 0);
    CHECK_EQ(caps_of(0).effective, some);
    CHECK_EQ(caps_of(0).permitted, some);
    CHECK_EQ(set_caps(some, some | cap(CAP_KILL), c.inheritable), -EPERM);
    CHECK_EQ(set_caps(some | cap(CAP_KILL), some, c.inheritable), -EPERM);
    drop_all();
    CHECK_EQ(set_caps(0, 0, cap(CAP_KILL)), -EPERM);
    CHECK_EQ(set_caps(0, cap(CAP_CHOWN), 0), -EPERM);
}

CASE(capset, "what has been let go does not come back")
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 1 << 22};
    struct __user_cap_data_struct d[2] = {};
    CHECK_EQ(in_child(lose), 0);
    CHECK_EQ(call(SYS_capset, &h, d), -EPERM);
    h.pid = 0;
    CHECK_EQ(call(SYS_capset, &h, nowhere), -EFAULT);
    CHECK_EQ(call(SYS_capset, nowhere, d), -EFAULT);
    h.version = 1;
    CHECK_EQ(call(SYS_capset, &h, d), -EINVAL);
    CHECK_EQ(h.version, _LINUX_CAPABILITY_VERSION_3);
}

static void be_root_again(void)
{
    struct caps all = caps_of(0), c;
    CHECK_EQ(call(SYS_setresuid, SAME, ONE, SAME), 0);
    c = caps_of(0);
    CHECK_EQ(c.effective, 0);
    CHECK_EQ(c.permitted, all.permitted);
    CHECK_EQ(call(SYS_setresuid, SAME, 0, SAME), 0);
    CHECK_EQ(caps_of(0).effective, all.permitted);
    CHECK_EQ(call(SYS_setresuid, ONE, ONE, 0), 0);
    CHECK_EQ(caps_of(0).permitted, all.permitted);
    CHECK_EQ(call(SYS_setresuid, SAME, SAME, ONE), 0);
    CHECK_EQ(caps_of(0).permitted, 0);
}

static void keep(void)
{
    struct caps all = caps_of(0), c;
    CHECK_EQ(control(PR_GET_KEEPCAPS), 0);
    CHECK_EQ(control(PR_SET_KEEPCAPS, 2), -EINVAL);
    CHECK_EQ(control(PR_SET_KEEPCAPS, 1), 0);
    CHECK_EQ(control(PR_GET_KEEPCAPS), 1);
    CHECK_EQ(control(PR_GET_SECUREBITS), SECBIT_KEEP_CAPS);
    CHECK_EQ(call(SYS_setresuid, ONE, ONE, ONE), 0);
    c = caps_of(0);
    CHECK_EQ(c.effective, 0);
    CHECK_EQ(c.permitted, all.permitted);
    CHECK_EQ(set_caps(c.permitted, c.permitted, 0), 0);
    CHECK_EQ(call(SYS_setresuid, OTHER, OTHER, OTHER), 0);
    CHECK_EQ(caps_of(0).effective, all.permitted);
}

static void stay(void)
{
    struct caps all = caps_of(0);
    CHECK_EQ(control(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED), 0);
    CHECK_EQ(call(SYS_setuid, ONE), 0);
    CHECK_EQ(caps_of(0).effective, all.effective);
    CHECK_EQ(control(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), -EPERM);
    CHECK_EQ(control(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP_LOCKED), -EPERM);
    CHECK_EQ(control(PR_SET_SECUREBITS, 1 << 30), -EPERM);
    CHECK_EQ(control(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                                            SECBIT_KEEP_CAPS_LOCKED),
             0);
    CHECK_EQ(control(PR_SET_KEEPCAPS, 1), -EPERM);
    drop_all();
    CHECK_EQ(control(PR_SET_SECUREBITS, control(PR_GET_SECUREBITS)), -EPERM);
}

CASE(prctl, "PR_SET_KEEPCAPS, PR_SET_SECUREBITS: what users' changes leave of capabilities")
{
    if_privileged(be_root_again);
    if_privileged(keep);
    if_privileged(stay);
}

static void bound(void)
{
    uint64_t kill = cap(CAP_KILL);
    struct caps c = caps_of(0);
    CHECK_EQ(control(PR_CAPBSET_READ, CAP_KILL), 1);
    CHECK_EQ(control(PR_CAPBSET_DROP, CAP_KILL), 0);
    CHECK_EQ(control(PR_CAPBSET_READ, CAP_KILL), 0);
    CHECK_EQ(caps_of(0).permitted, c.permitted);
    CHECK_EQ(set_caps(c.effective, c.permitted, kill), -EPERM);
    CHECK_EQ(control(PR_CAPBSET_DROP, 64), -EINVAL);
    CHECK_EQ(set_caps(c.effective & ~cap(CAP_SETPCAP), c.permitted, 0), 0);
    CHECK_EQ(control(PR_CAPBSET_DROP, CAP_KILL), -EPERM);
}

CASE(prctl, "PR_CAPBSET_DROP")
{
    CHECK_EQ(control(PR_CAPBSET_READ, 64), -EINVAL);
    CHECK_EQ(control(PR_CAPBSET_READ, -1), -EINVAL);
    if_privileged(bound);
}

static long ambient(int what, long n) { return control(PR_CAP_AMBIENT, what, n, 0, 0); }

static void surround(void)
{
    struct caps c = caps_of(0);
    uint64_t two = cap(CAP_KILL) | cap(CAP_CHOWN);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL), -EPERM);
    CHECK_EQ(set_caps(c.effective, c.permitted, two), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_RAISE, CAP_CHOWN), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL), 1);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_LOWER, CAP_KILL), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL), 0);
    CHECK_EQ(set_caps(c.effective, c.permitted, 0), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_CHOWN), 0);
    CHECK_EQ(set_caps(c.effective, c.permitted, two), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_RAISE, CAP_CHOWN), 0);
    CHECK_EQ(control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_CHOWN), 0);
    CHECK_EQ(control(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_RAISE, CAP_CHOWN), -EPERM);
}

CASE(prctl, "PR_CAP_AMBIENT")
{
    CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, 64), -EINVAL);
    CHECK_EQ(ambient(5, CAP_KILL), -EINVAL);
    CHECK_EQ(control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 1, 0), -EINVAL);
    CHECK_EQ(control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0), -EINVAL);
    if_privileged(surround);
}

// ---- what goes with them -----------------------------------------------------------------------

static void become_private(void)
{
    int signal = -1;
    CHECK_EQ(control(PR_SET_DUMPABLE, 1), 0);
    CHECK_EQ(control(PR_SET_PDEATHSIG, SIGUSR1), 0);
    CHECK_EQ(call(SYS_setgroups, 0, nullptr), 0);
    CHECK_EQ(control(PR_GET_DUMPABLE), 1);
    CHECK_EQ(call(SYS_setresuid, SAME, ONE, SAME), 0);
    CHECK(control(PR_GET_DUMPABLE) != 1); // fs.suid_dumpable
    CHECK_EQ(control(PR_GET_PDEATHSIG, &signal), 0);
    CHECK_EQ(signal, 0);
    CHECK_EQ(control(PR_SET_DUMPABLE, 1), 0);
    CHECK_EQ(call(SYS_setresuid, ONE, SAME, SAME), 0); // nothing else is anybody's
    CHECK_EQ(control(PR_GET_DUMPABLE), 1);
}

CASE(setresuid, "who has other rights is private, and asks for no death signal")
{
    if_privileged(become_private);
}
