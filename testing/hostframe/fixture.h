// SPDX-License-Identifier: Apache-2.0
// For hostframe's own tests: runs a body as a kernel, in parallel and serially.
#pragma once
#include "testing/hostframe/hostframe.h"
#include <gtest/gtest.h>
#include <memory>

// Runs `main` in both kinds of machine. Each must end with status 0 and everything given back.
inline void run_both(std::function<void()> main, hostframe::Program program = {})
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        hostframe::Machine m;
        m.main = [&] {
            main();
            power_off(0);
        };
        m.program = program;
        m.serial = seed != 0; // 0: in parallel
        m.seed = seed;
        hostframe::Outcome o = hostframe::run(m);
        ASSERT_EQ(o.status, 0);
        ASSERT_EQ(o.objects, 0u);
    }
}

// Runs body(i) in `count` tasks at once and waits for all.
class Crew
{
public:
    static void run(uint32_t count, const std::function<void(uint32_t)> &body)
    {
        // Kept: who is last still has to do with the queue when the waiter goes on.
        static std::vector<std::unique_ptr<Crew>> all;
        all.emplace_back(new Crew(body));
        Crew *crew = all.back().get();
        for (uint32_t i = 0; i < count; i++) {
            struct task *t;
            must(task_create(work, crew, &t));
            task_start(t);
            task_put(t);
        }
        waitq_until(&crew->finished_, __atomic_load_n(&crew->done_, __ATOMIC_SEQ_CST) == count);
    }

private:
    explicit Crew(const std::function<void(uint32_t)> &body) : body_(body) {}

    static void work(void *arg)
    {
        auto *c = static_cast<Crew *>(arg);
        c->body_(__atomic_fetch_add(&c->arrived_, 1, __ATOMIC_RELAXED));
        __atomic_fetch_add(&c->done_, 1, __ATOMIC_SEQ_CST);
        waitq_wake_all(&c->finished_);
    }

    const std::function<void(uint32_t)> body_;
    uint32_t arrived_ = 0, done_ = 0;
    struct waitq finished_ = {};
};
