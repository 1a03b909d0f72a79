// SPDX-License-Identifier: Apache-2.0
// Toy services with a bug each, and the sanitizer that finds it.
#include "testing/hostframe/fixture.h"

namespace
{

struct request {
    struct spinlock lock;
    uint64_t served;
    uint8_t name[16];
};
HEAP_DEFINE(request, struct request);
SPINLOCK_OPS(request, struct request, lock, lc_mutex)

class Planted : public ::testing::Test
{
protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    static void run(std::function<void()> main)
    {
        hostframe::Machine m;
        m.main = [&] {
            main();
            power_off(0);
        };
        hostframe::run(m);
    }
};

void serve(struct request *r, bool with_lock)
{
    static uint32_t here;
    here = 0;
    Crew::run(2, [r, with_lock](uint32_t) {
        // Both are there, without either knowing more of the other.
        __atomic_fetch_add(&here, 1, __ATOMIC_RELAXED);
        while (__atomic_load_n(&here, __ATOMIC_RELAXED) != 2)
            task_yield();
        for (int i = 0; i < 1000; i++) {
            if (with_lock)
                request_lock(r);
            r->served++;
            if (with_lock)
                request_unlock(r);
        }
    });
}

TEST_F(Planted, the_service_without_a_bug)
{
    run([] {
        struct request *r = request_new();
        serve(r, true);
        EXPECT_EQ(r->served, 2000u);
        request_delete(r);
    });
}

#if __has_feature(thread_sanitizer)

// The tasks would agree, but for the lock that one service forgets.
TEST_F(Planted, data_race)
{
    EXPECT_DEATH(run([] { serve(request_new(), false); }), "data race");
}

// Not even if they take turns on the same CPU, with a yield between: what orders them is chance.
TEST_F(Planted, data_race_of_tasks_that_hardly_meet)
{
    EXPECT_DEATH(run([] {
                     static struct request *r;
                     r = request_new();
                     Crew::run(2, [](uint32_t i) {
                         static uint32_t here;
                         __atomic_fetch_add(&here, 1, __ATOMIC_RELAXED);
                         while (__atomic_load_n(&here, __ATOMIC_RELAXED) != 2)
                             task_yield();
                         for (uint32_t n = 0; n < 20 + 40 * i; n++)
                             task_yield();
                         r->served++;
                         for (uint32_t n = 0; n < 20; n++)
                             request_delete(request_new()); // locks inside hide nothing
                     });
                 }),
                 "data race");
}

// A reader that goes on after the end of its reading.
TEST_F(Planted, use_after_free_by_another_task)
{
    EXPECT_DEATH(run([] {
                     static struct request *r;
                     r = request_new();
                     Crew::run(2, [](uint32_t i) {
                         static uint32_t here;
                         __atomic_fetch_add(&here, 1, __ATOMIC_RELAXED);
                         while (__atomic_load_n(&here, __ATOMIC_RELAXED) != 2)
                             task_yield();
                         if (i == 0)
                             request_delete(r);
                         else
                             r->served++;
                     });
                 }),
                 "data race|heap-use-after-free");
}

#elif __has_feature(address_sanitizer)

TEST_F(Planted, use_after_free)
{
    EXPECT_DEATH(run([] {
                     struct request *r = request_new();
                     request_delete(r);
                     r->served++;
                 }),
                 "heap-use-after-free");
}

TEST_F(Planted, free_twice)
{
    EXPECT_DEATH(run([] {
                     struct request *r = request_new();
                     request_delete(r);
                     request_delete(r);
                 }),
                 "heap-use-after-free");
}

TEST_F(Planted, beyond_an_object)
{
    EXPECT_DEATH(run([] {
                     struct request *r = request_new();
                     volatile size_t past = sizeof(*r);
                     reinterpret_cast<volatile uint8_t *>(r)[past] = 1;
                 }),
                 "heap-buffer-overflow");
    EXPECT_DEATH(run([] {
                     struct request *r = request_new();
                     volatile int before = -1;
                     reinterpret_cast<volatile uint8_t *>(r)[before] = 1;
                 }),
                 "use-after-poison");
}

// By a copy from user memory, which the sanitizers do not see by themselves.
TEST_F(Planted, copy_to_an_object_that_is_gone)
{
    EXPECT_DEATH(run([] {
                     struct request *r = request_new();
                     struct page_run pages;
                     must(page_run_alloc(1, PAGE_ZERO, &pages));
                     request_delete(r);
                     must(page_run_read(&pages, 0, SPAN_OF(r->name)));
                 }),
                 "heap-use-after-free");
}

#endif

} // namespace
