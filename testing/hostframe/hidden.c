// SPDX-License-Identifier: Apache-2.0
// Built without any sanitizer.
#include "testing/hostframe/hidden.h"
#include <sched.h>

static struct live head = {&head, &head, nullptr, 0, 0};
static uint32_t held;

static void lock(void)
{
    while (__atomic_exchange_n(&held, 1, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
}

static void unlock(void) { __atomic_store_n(&held, 0, __ATOMIC_RELEASE); }

void live_add(struct live *l)
{
    lock();
    l->next = &head;
    l->prev = head.prev;
    head.prev->next = l;
    head.prev = l;
    unlock();
}

void live_remove(struct live *l)
{
    lock();
    l->next->prev = l->prev;
    l->prev->next = l->next;
    l->kind = 0;
    unlock();
}

struct live *live_first(void) { return head.next == &head ? nullptr : head.next; }

const void *live_type(const struct live *l) { return l->type; }
uint64_t live_size(const struct live *l) { return l->size; }
uint32_t live_kind(const struct live *l) { return l->kind; }

size_t live_count(uint32_t kind)
{
    size_t n = 0;
    lock();
    for (const struct live *l = head.next; l != &head; l = l->next)
        n += l->kind == kind;
    unlock();
    return n;
}

// Not memcpy: the sanitizers' run times have that.
void hidden_copy(void *to, const void *from, size_t n)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
}

void hidden_fill(void *to, uint8_t byte, size_t n)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
}
