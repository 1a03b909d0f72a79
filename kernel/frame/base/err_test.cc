// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/err.h"
#include <cerrno>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace
{

struct known {
    enum err err;
    int linux;
    const char *name;
};

const struct known all[] = {
    {ERR_OK, 0, "OK"},
    {ERR_PERM, EPERM, "PERM"},
    {ERR_NOENT, ENOENT, "NOENT"},
    {ERR_SRCH, ESRCH, "SRCH"},
    {ERR_INTR, EINTR, "INTR"},
    {ERR_IO, EIO, "IO"},
    {ERR_2BIG, E2BIG, "2BIG"},
    {ERR_NOEXEC, ENOEXEC, "NOEXEC"},
    {ERR_BADF, EBADF, "BADF"},
    {ERR_CHILD, ECHILD, "CHILD"},
    {ERR_AGAIN, EAGAIN, "AGAIN"},
    {ERR_NOMEM, ENOMEM, "NOMEM"},
    {ERR_ACCES, EACCES, "ACCES"},
    {ERR_FAULT, EFAULT, "FAULT"},
    {ERR_BUSY, EBUSY, "BUSY"},
    {ERR_EXIST, EEXIST, "EXIST"},
    {ERR_INVAL, EINVAL, "INVAL"},
    {ERR_RANGE, ERANGE, "RANGE"},
    {ERR_DEADLK, EDEADLK, "DEADLK"},
    {ERR_NAMETOOLONG, ENAMETOOLONG, "NAMETOOLONG"},
    {ERR_NOSYS, ENOSYS, "NOSYS"},
    {ERR_OVERFLOW, EOVERFLOW, "OVERFLOW"},
    {ERR_OPNOTSUPP, EOPNOTSUPP, "OPNOTSUPP"},
    {ERR_TIMEDOUT, ETIMEDOUT, "TIMEDOUT"},
};

TEST(Err, values_are_linux_errno_negated)
{
    for (const known &k : all)
        EXPECT_EQ(static_cast<int>(k.err), -k.linux) << k.name;
}

TEST(Err, every_value_has_its_name_and_no_other_has_one)
{
    std::set<int> known_values;
    for (const known &k : all) {
        EXPECT_STREQ(err_name(k.err), k.name);
        known_values.insert(k.err);
    }
    for (int value = -4096; value <= 4096; value++) {
        if (!known_values.contains(value)) {
            EXPECT_STREQ(err_name(static_cast<enum err>(value)), "?") << value;
        }
    }
}

TEST(Must, passes_success)
{
    int calls = 0;
    auto succeed = [&calls] {
        calls++;
        return ERR_OK;
    };
    must(succeed());
    EXPECT_EQ(calls, 1);
}

TEST(MustDeathTest, panics_with_the_expression_and_the_error)
{
    auto fail = [] { return ERR_NOMEM; };
    EXPECT_DEATH(must(fail()), "panic: fail\\(\\): NOMEM");
}

TEST(AssertDeathTest, panics_with_the_condition_and_the_place)
{
    int zero = 0;
    ASSERT(zero == 0);
    EXPECT_DEATH(ASSERT(zero == 1), "assertion failed: zero == 1 \\(.*err_test.cc:[0-9]+\\)");
}

} // namespace
