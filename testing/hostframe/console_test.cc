// SPDX-License-Identifier: Apache-2.0
// The console, whose file is the frame's own.
#include "testing/hostframe/fixture.h"

namespace
{

std::string printed(std::function<void()> main)
{
    hostframe::Machine m;
    m.main = [&] {
        main();
        EXPECT_TRUE(log_set_level(SPAN_TEXT("warn")));
        power_off(0);
    };
    hostframe::Outcome o = hostframe::run(m);
    EXPECT_EQ(o.status, 0);
    return o.console;
}

void log_all()
{
    log_error("e %d", 1);
    log_warn("w");
    log_info("i");
    log_debug("d");
}

TEST(Console, bytes_and_formats_come_as_they_are)
{
    EXPECT_EQ(printed([] {
                  console_write(SPAN_TEXT("a\n\0b"));
                  kprintf("%u of %s\n", 7u, "eight");
              }),
              std::string("a\n\0b7 of eight\n", 15));
}

TEST(Console, the_log_is_shown_up_to_a_level)
{
    EXPECT_EQ(printed(log_all), "[keel] e 1\n[keel] w\n");
    EXPECT_EQ(printed([] {
                  EXPECT_TRUE(log_set_level(SPAN_TEXT("error")));
                  log_all();
                  EXPECT_TRUE(log_set_level(SPAN_TEXT("info")));
                  log_all();
              }),
              "[keel] e 1\n[keel] e 1\n[keel] w\n[keel] i\n");
    EXPECT_EQ(printed([] {
                  EXPECT_TRUE(log_set_level(SPAN_TEXT("debug")));
                  EXPECT_FALSE(log_set_level(SPAN_TEXT("loud")));
                  log_debug("d");
              }),
              "[keel] d\n");
}

TEST(Console, what_has_come_is_read_once)
{
    hostframe::Machine m;
    m.input = "abcdef";
    m.main = [] {
        uint8_t bytes[4] = {};
        EXPECT_EQ(console_read(SPAN_OF(bytes)), 4u);
        EXPECT_TRUE(cspan_equal(CSPAN_OF(bytes), SPAN_TEXT("abcd")));
        EXPECT_EQ(console_read(SPAN_OF(bytes)), 2u);
        EXPECT_TRUE(cspan_starts_with(CSPAN_OF(bytes), SPAN_TEXT("ef")));
        EXPECT_EQ(console_read(SPAN_OF(bytes)), 0u);
        power_off(0);
    };
    EXPECT_EQ(hostframe::run(m).status, 0);
}

} // namespace
