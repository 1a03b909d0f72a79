// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/exec/script.h"
#include <gtest/gtest.h>
#include <string>

namespace
{

std::string text(struct cspan s)
{
    std::string out;
    for (size_t i = 0; i < cspan_len(s); i++)
        out += static_cast<char>(cspan_u8(s, i));
    return out;
}

// "interpreter|argument", or the error.
std::string parse(const std::string &head)
{
    struct script s;
    enum err err = script_parse(cspan_make(head.data(), head.size()), &s);
    return err == ERR_OK ? text(s.interpreter) + "|" + text(s.argument) : err_name(err);
}

TEST(Script, one_argument_with_all_its_blanks)
{
    EXPECT_EQ(parse("#!/bin/sh\necho"), "/bin/sh|");
    EXPECT_EQ(parse("#!/bin/sh"), "/bin/sh|");
    EXPECT_EQ(parse("#! \t/bin/sh \t -e -u \t\n"), "/bin/sh|-e -u");
    EXPECT_EQ(parse("#!sh\tx"), "sh|x");
}

TEST(Script, without_a_whole_name_it_is_none)
{
    EXPECT_EQ(parse("#!\n/bin/sh"), "NOEXEC");
    EXPECT_EQ(parse("#!  \t"), "NOEXEC");
    std::string longest = "#!/" + std::string(SCRIPT_HEAD_SIZE - 3, 'x');
    EXPECT_EQ(parse(longest), "NOEXEC");
    longest[100] = ' ';
    EXPECT_EQ(parse(longest), std::string(longest, 2, 98) + "|" + std::string(155, 'x'));
}

} // namespace
