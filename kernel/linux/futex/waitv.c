// SPDX-License-Identifier: Apache-2.0
// Waiting for several words at once.
#include "kernel/linux/futex/queue.h"

HEAP_DEFINE(waiter, struct futex_waiter);

struct futex_several {
    struct waitq sleeper;
    uint32_t count, queued; // all of them, and those that are in their queues
    struct futex_waiter *waiters[FUTEX_SEVERAL_MAX];
};
HEAP_DEFINE(several, struct futex_several);

enum err futex_several_create(struct futex_several **out)
{
    *out = several_new();
    return *out != nullptr ? ERR_OK : ERR_NOMEM;
}

void futex_several_destroy(struct futex_several *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        waiter_delete(ELEM(s->waiters, i));
    several_delete(s);
}

enum err futex_several_add(struct futex_several *s, struct futex_word word, uint32_t value)
{
    struct futex_waiter *w = s->count < FUTEX_SEVERAL_MAX ? waiter_new() : nullptr;
    if (w == nullptr)
        return ERR_NOMEM;
    w->word = word;
    w->value = value;
    w->bits = FUTEX_ANY;
    w->sleeper = &s->sleeper;
    ELEM(s->waiters, s->count) = w;
    s->count++;
    return ERR_OK;
}

static bool any_is_woken(const struct futex_several *s)
{
    for (uint32_t i = 0; i < s->queued; i++) {
        if (load_acquire(&ELEM(s->waiters, i)->woken))
            return true;
    }
    return false;
}

// As on Linux, of several that have been woken it is the last. False: none has.
static bool leave(struct futex_several *s, uint32_t *index)
{
    bool any = false;
    for (uint32_t i = 0; i < s->queued; i++) {
        if (!futex_dequeue(ELEM(s->waiters, i)))
            continue;
        any = true;
        *index = i;
    }
    s->queued = 0;
    return any;
}

enum err futex_several_wait(struct futex_several *s, const struct wait_limits *limits,
                            uint32_t *index)
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; err == ERR_OK && i < s->count; i++) {
        struct futex_waiter *w = ELEM(s->waiters, i);
        err = futex_key_of(w->word, &w->key);
    }
    while (err == ERR_OK && s->queued < s->count) {
        err = futex_enqueue(ELEM(s->waiters, s->queued));
        s->queued += err == ERR_OK ? 1 : 0;
    }
    if (err == ERR_OK)
        waitq_until_or(&s->sleeper, any_is_woken(s), limits, err);
    // Who has been woken meanwhile may not be woken for nothing.
    return leave(s, index) ? ERR_OK : err;
}
