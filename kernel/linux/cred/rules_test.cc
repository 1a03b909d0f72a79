// SPDX-License-Identifier: Apache-2.0
// The rules of credentials, against what capabilities(7) and the man pages of the calls say.
#include "kernel/linux/cred/rules.h"
#include "testing/hostframe/hostframe.h"
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <linux/securebits.h>
#include <random>
#include <vector>

namespace
{

struct cred_ids ids(uint32_t real, uint32_t effective, uint32_t saved)
{
    return {.real = real, .effective = effective, .saved = saved, .files = effective};
}

struct identity root()
{
    struct identity i = {};
    i.caps = {.permitted = CAPS_ALL, .effective = CAPS_ALL, .bounding = CAPS_ALL};
    return i;
}

struct identity user(uint32_t real, uint32_t effective, uint32_t saved)
{
    struct identity i = {};
    i.uid = ids(real, effective, saved);
    i.gid = ids(real, effective, saved);
    i.caps.bounding = CAPS_ALL;
    return i;
}

void expect_ids(const struct cred_ids &i, uint32_t real, uint32_t effective, uint32_t saved)
{
    EXPECT_EQ(i.real, real);
    EXPECT_EQ(i.effective, effective);
    EXPECT_EQ(i.saved, saved);
    EXPECT_EQ(i.files, effective);
}

TEST(Users, root_sets_all_three_and_loses_its_capabilities)
{
    struct identity i = root();
    i.caps.ambient = cap_bit(CAP_KILL);
    ASSERT_EQ(identity_set_uid(&i, ids(0, 5, 0)), ERR_OK);
    expect_ids(i.uid, 5, 5, 5);
    EXPECT_EQ(i.caps.permitted, 0u);
    EXPECT_EQ(i.caps.effective, 0u);
    EXPECT_EQ(i.caps.ambient, 0u);
    EXPECT_EQ(i.caps.bounding, CAPS_ALL);
}

TEST(Users, others_choose_between_real_and_saved)
{
    struct identity i = user(1, 2, 3);
    ASSERT_EQ(identity_set_uid(&i, ids(0, 3, 0)), ERR_OK);
    expect_ids(i.uid, 1, 3, 3);
    EXPECT_EQ(identity_set_uid(&i, ids(0, 2, 0)), ERR_PERM);
    EXPECT_EQ(identity_set_uid(&i, ids(0, ID_NONE, 0)), ERR_INVAL);
}

// What setreuid(2) may be asked by nobody in particular, with every combination of few numbers.
TEST(Users, setreuid_allows_what_it_says)
{
    const uint32_t some[] = {1, 2, 3, 4, ID_NONE};
    for (uint32_t real : some) {
        for (uint32_t effective : some) {
            struct identity i = user(1, 2, 3);
            bool may = (real == ID_NONE || real == 1 || real == 2) &&
                       (effective == ID_NONE || effective <= 3);
            ASSERT_EQ(identity_set_reuid(&i, ids(real, effective, 0)), may ? ERR_OK : ERR_PERM)
                << real << " " << effective;
            if (!may)
                continue;
            uint32_t r = real == ID_NONE ? 1 : real, e = effective == ID_NONE ? 2 : effective;
            bool saves = real != ID_NONE || (effective != ID_NONE && effective != 1);
            expect_ids(i.uid, r, e, saves ? e : 3);
        }
    }
}

TEST(Users, setresuid_allows_what_it_says)
{
    const uint32_t some[] = {1, 2, 3, 4, ID_NONE};
    auto is_good = [](uint32_t id) { return id <= 3 || id == ID_NONE; };
    for (uint32_t real : some) {
        for (uint32_t effective : some) {
            for (uint32_t saved : some) {
                struct identity i = user(1, 2, 3);
                bool may = is_good(real) && is_good(effective) && is_good(saved);
                ASSERT_EQ(identity_set_resuid(&i, ids(real, effective, saved)),
                          may ? ERR_OK : ERR_PERM);
                if (may)
                    expect_ids(i.uid, real == ID_NONE ? 1 : real,
                               effective == ID_NONE ? 2 : effective, saved == ID_NONE ? 3 : saved);
            }
        }
    }
}

TEST(Users, effective_capabilities_come_and_go_with_the_effective_root)
{
    struct identity i = root();
    ASSERT_EQ(identity_set_resuid(&i, ids(ID_NONE, 5, ID_NONE)), ERR_OK);
    EXPECT_EQ(i.caps.effective, 0u);
    EXPECT_EQ(i.caps.permitted, CAPS_ALL);
    ASSERT_EQ(identity_set_resuid(&i, ids(ID_NONE, 0, ID_NONE)), ERR_OK);
    EXPECT_EQ(i.caps.effective, CAPS_ALL);
}

TEST(Users, securebits_keep_capabilities)
{
    struct identity i = root();
    ASSERT_EQ(identity_keep_caps(&i, true), ERR_OK);
    i.caps.inheritable = i.caps.ambient = cap_bit(CAP_KILL);
    ASSERT_EQ(identity_set_resuid(&i, ids(5, 5, 5)), ERR_OK);
    EXPECT_EQ(i.caps.permitted, CAPS_ALL);
    EXPECT_EQ(i.caps.effective, 0u);
    EXPECT_EQ(i.caps.ambient, 0u);
    i = root();
    ASSERT_EQ(identity_set_securebits(&i, SECBIT_NO_SETUID_FIXUP), ERR_OK);
    ASSERT_EQ(identity_set_uid(&i, ids(0, 5, 0)), ERR_OK);
    EXPECT_EQ(i.caps.effective, CAPS_ALL);
}

TEST(Users, the_one_for_files_takes_its_capabilities_along)
{
    struct identity i = root();
    const uint64_t files = cap_bit(CAP_CHOWN) | cap_bit(CAP_DAC_OVERRIDE) |
                           cap_bit(CAP_DAC_READ_SEARCH) | cap_bit(CAP_FOWNER) |
                           cap_bit(CAP_FSETID) | cap_bit(CAP_LINUX_IMMUTABLE) | cap_bit(CAP_MKNOD) |
                           cap_bit(CAP_MAC_OVERRIDE);
    ASSERT_EQ(identity_set_fsuid(&i, {.files = 5}), ERR_OK);
    EXPECT_EQ(i.uid.files, 5u);
    EXPECT_EQ(i.uid.effective, 0u);
    EXPECT_EQ(i.caps.effective, CAPS_ALL & ~files);
    ASSERT_EQ(identity_set_fsuid(&i, {.files = 0}), ERR_OK);
    EXPECT_EQ(i.caps.effective, CAPS_ALL);
    i = user(1, 2, 3);
    EXPECT_EQ(identity_set_fsuid(&i, {.files = 4}), ERR_PERM);
    EXPECT_EQ(identity_set_fsuid(&i, {.files = ID_NONE}), ERR_PERM);
}

TEST(Groups, change_nothing_else)
{
    struct identity i = root();
    ASSERT_EQ(identity_set_gid(&i, ids(0, 5, 0)), ERR_OK);
    expect_ids(i.gid, 5, 5, 5);
    ASSERT_EQ(identity_set_regid(&i, ids(6, ID_NONE, 0)), ERR_OK);
    expect_ids(i.gid, 6, 5, 5);
    ASSERT_EQ(identity_set_resgid(&i, ids(7, 8, 9)), ERR_OK);
    expect_ids(i.gid, 7, 8, 9);
    ASSERT_EQ(identity_set_fsgid(&i, {.files = 4}), ERR_OK);
    EXPECT_EQ(i.gid.files, 4u);
    EXPECT_EQ(i.caps.effective, CAPS_ALL);
}

TEST(Capabilities, sets_stay_within_each_other)
{
    const uint64_t kill = cap_bit(CAP_KILL), chown = cap_bit(CAP_CHOWN);
    struct identity i = user(1, 1, 1);
    i.caps.permitted = kill;
    struct cred_caps w = {.permitted = kill, .effective = kill, .inheritable = kill};
    struct identity good = i;
    EXPECT_EQ(identity_set_caps(&good, &w), ERR_OK);
    EXPECT_EQ(good.caps.effective, kill);
    w.inheritable = chown; // neither permitted nor inheritable, and no CAP_SETPCAP
    EXPECT_EQ(identity_set_caps(&i, &w), ERR_PERM);
    i.caps.effective = cap_bit(CAP_SETPCAP);
    good = i;
    EXPECT_EQ(identity_set_caps(&good, &w), ERR_OK);
    i.caps.bounding &= ~chown;
    EXPECT_EQ(identity_set_caps(&i, &w), ERR_PERM);
    w = {.permitted = kill | chown};
    EXPECT_EQ(identity_set_caps(&i, &w), ERR_PERM);
    w = {.effective = kill};
    EXPECT_EQ(identity_set_caps(&i, &w), ERR_PERM);
}

TEST(Capabilities, ambient_ones_are_permitted_and_inheritable)
{
    struct identity i = root();
    EXPECT_EQ(identity_raise_ambient(&i, CAP_KILL), ERR_PERM);
    i.caps.inheritable = cap_bit(CAP_KILL);
    EXPECT_EQ(identity_raise_ambient(&i, CAP_KILL), ERR_OK);
    struct cred_caps w = {.permitted = CAPS_ALL, .effective = CAPS_ALL};
    EXPECT_EQ(identity_set_caps(&i, &w), ERR_OK);
    EXPECT_EQ(i.caps.ambient, 0u);
    i.caps.inheritable = cap_bit(CAP_KILL);
    i.securebits = SECBIT_NO_CAP_AMBIENT_RAISE;
    EXPECT_EQ(identity_raise_ambient(&i, CAP_KILL), ERR_PERM);
}

TEST(Capabilities, locked_securebits_stay)
{
    struct identity i = root();
    ASSERT_EQ(identity_set_securebits(&i, SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS), ERR_OK);
    struct identity same = i;
    EXPECT_EQ(identity_set_securebits(&i, SECBIT_NOROOT_LOCKED), ERR_OK);
    i = same;
    EXPECT_EQ(identity_set_securebits(&i, SECBIT_NOROOT_LOCKED | SECBIT_NOROOT), ERR_PERM);
    EXPECT_EQ(identity_set_securebits(&i, 0), ERR_PERM);
    EXPECT_EQ(identity_set_securebits(&i, SECBIT_NOROOT_LOCKED | 1ull << 40), ERR_PERM);
    i.caps.effective = 0;
    EXPECT_EQ(identity_set_securebits(&i, SECBIT_NOROOT_LOCKED), ERR_PERM);
    EXPECT_EQ(identity_drop_bounding(&i, CAP_KILL), ERR_PERM);
    i.securebits = SECBIT_KEEP_CAPS_LOCKED;
    EXPECT_EQ(identity_keep_caps(&i, true), ERR_PERM);
}

TEST(Programs, of_root_have_everything_that_may_be_had)
{
    struct identity i = root();
    i.caps.permitted = i.caps.effective = cap_bit(CAP_CHOWN);
    i.caps.bounding &= ~cap_bit(CAP_KILL);
    i.securebits = SECBIT_KEEP_CAPS;
    EXPECT_FALSE(identity_exec(&i, false));
    EXPECT_EQ(i.caps.permitted, CAPS_ALL & ~cap_bit(CAP_KILL));
    EXPECT_EQ(i.caps.effective, i.caps.permitted);
    EXPECT_EQ(i.securebits, 0u);
    i.caps.permitted = i.caps.effective = cap_bit(CAP_CHOWN);
    EXPECT_FALSE(identity_exec(&i, true));
    EXPECT_EQ(i.caps.permitted, cap_bit(CAP_CHOWN));
    i.securebits = SECBIT_NOROOT;
    EXPECT_FALSE(identity_exec(&i, false));
    EXPECT_EQ(i.caps.permitted, 0u);
}

TEST(Programs, of_others_have_what_is_ambient)
{
    struct identity i = user(1, 1, 1);
    i.caps.permitted = i.caps.effective = i.caps.inheritable = CAPS_ALL;
    i.caps.ambient = cap_bit(CAP_KILL);
    EXPECT_FALSE(identity_exec(&i, false));
    EXPECT_EQ(i.caps.permitted, cap_bit(CAP_KILL));
    EXPECT_EQ(i.caps.effective, cap_bit(CAP_KILL));
    EXPECT_EQ(i.caps.inheritable, CAPS_ALL);
    i.uid.effective = 2; // as who is not its real user
    EXPECT_TRUE(identity_exec(&i, false));
    EXPECT_EQ(i.caps.permitted, 0u);
    expect_ids(i.uid, 1, 2, 2);
    EXPECT_TRUE(identity_exec(&i, true));
    expect_ids(i.uid, 1, 1, 1);
    i = user(1, 0, 0);
    EXPECT_TRUE(identity_exec(&i, false));
    EXPECT_EQ(i.caps.effective, CAPS_ALL);
    i = user(0, 1, 1);
    EXPECT_TRUE(identity_exec(&i, false));
    EXPECT_EQ(i.caps.permitted, CAPS_ALL);
    EXPECT_EQ(i.caps.effective, 0u);
}

TEST(Permissions, signals)
{
    struct identity by = user(1, 2, 3);
    auto may = [&](uint32_t real, uint32_t effective, uint32_t saved) {
        struct identity to = user(real, effective, saved);
        return identity_may_signal(&by, &to);
    };
    EXPECT_TRUE(may(1, 9, 9));
    EXPECT_TRUE(may(9, 9, 1));
    EXPECT_TRUE(may(2, 9, 9));
    EXPECT_TRUE(may(9, 9, 2));
    EXPECT_FALSE(may(3, 3, 3));
    EXPECT_FALSE(may(9, 1, 9));
    by.caps.effective = cap_bit(CAP_KILL);
    EXPECT_TRUE(may(9, 9, 9));
}

TEST(Permissions, others_are_looked_into_by_their_own_only)
{
    struct identity by = user(1, 1, 1), of = user(1, 1, 1);
    EXPECT_TRUE(identity_may_look(&by, &of, true));
    EXPECT_FALSE(identity_may_look(&by, &of, false));
    of.caps.permitted = cap_bit(CAP_KILL);
    EXPECT_FALSE(identity_may_look(&by, &of, true));
    of = user(1, 1, 2);
    EXPECT_FALSE(identity_may_look(&by, &of, true));
    EXPECT_FALSE(identity_may_limit(&by, &of));
    by.caps.effective = cap_bit(CAP_SYS_PTRACE) | cap_bit(CAP_SYS_RESOURCE);
    EXPECT_TRUE(identity_may_look(&by, &of, false));
    EXPECT_TRUE(identity_may_limit(&by, &of));
}

TEST(Permissions, who_has_other_rights_is_another)
{
    struct identity before = root(), after = before;
    after.caps.permitted = after.caps.effective = 0;
    EXPECT_FALSE(identity_is_other(&before, &after));
    EXPECT_TRUE(identity_is_other(&after, &before));
    after = before;
    after.gid.files = 1;
    EXPECT_TRUE(identity_is_other(&before, &after));
    after = before;
    after.uid.real = after.uid.saved = 1;
    EXPECT_FALSE(identity_is_other(&before, &after));
}

// Lists are on the kernel's heap, so tests of them run in a machine.
void in_machine(std::function<void()> body)
{
    hostframe::Machine m;
    m.main = [&] {
        body();
        power_off(0);
    };
    hostframe::Outcome o = hostframe::run(m);
    ASSERT_EQ(o.status, 0);
    ASSERT_EQ(o.objects, 0u) << "something was not freed";
}

TEST(Groups, are_kept_in_order_and_found)
{
    in_machine([] {
        std::mt19937 random(1);
        for (uint32_t count : {0, 1, 2, 3, 7, 100, 1000}) {
            std::vector<uint32_t> model;
            struct groups *g;
            ASSERT_EQ(groups_make(count, &g), ERR_OK);
            for (uint32_t i = 0; i < count; i++) {
                model.push_back(static_cast<uint32_t>(random() % 500));
                groups_set(g, i, model.back());
            }
            groups_sort(g);
            std::sort(model.begin(), model.end());
            ASSERT_EQ(groups_count(g), count);
            for (uint32_t i = 0; i < count; i++)
                ASSERT_EQ(groups_at(g, i), model[i]);
            for (uint32_t id = 0; id < 510; id++)
                ASSERT_EQ(groups_have(g, id), std::binary_search(model.begin(), model.end(), id));
            groups_put(g);
        }
        EXPECT_EQ(groups_count(nullptr), 0u);
        EXPECT_FALSE(groups_have(nullptr, 0));
    });
}

TEST(Credentials, a_copy_shares_its_groups)
{
    in_machine([] {
        struct cred *first, *copy;
        struct groups *g;
        ASSERT_EQ(cred_make_first(&first), ERR_OK);
        EXPECT_TRUE(identity_has(&first->is, CAP_CHECKPOINT_RESTORE));
        EXPECT_TRUE(cred_is_in_group(first, 0));
        EXPECT_FALSE(cred_is_in_group(first, 7));
        ASSERT_EQ(groups_make(1, &g), ERR_OK);
        groups_set(g, 0, 7);
        first->groups = g;
        ASSERT_EQ(cred_copy(first, &copy), ERR_OK);
        cred_put(first);
        EXPECT_TRUE(cred_is_in_group(copy, 7));
        cred_get(copy);
        cred_put(copy);
        cred_put(copy);
    });
}

} // namespace
