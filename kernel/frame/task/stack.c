// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/task/stack.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/task/task.h"

constexpr size_t KEPT_MAX = 32;

static struct stacks {
    struct spinlock lock;
    size_t count GUARDED_BY(lc_stacks);
    struct kva *kept[KEPT_MAX] GUARDED_BY(lc_stacks);
} stacks;
SPINLOCK_OPS(stacks, struct stacks, lock, lc_stacks)

// Null: none is kept.
static struct kva *take(void)
{
    stacks_lock(&stacks);
    struct kva *stack = stacks.count > 0 ? stacks.kept[--stacks.count] : nullptr;
    stacks_unlock(&stacks);
    return stack;
}

enum err stack_alloc(struct kva **out)
{
    *out = take();
    enum err err = *out != nullptr ? ERR_OK : kva_alloc(STACK_PAGES, out);
    if (err == ERR_OK)
        kasan_stack_alloc((*out)->start, kva_end(*out));
    return err;
}

void stack_free(struct kva *stack)
{
    kasan_stack_free(stack->start, kva_end(stack));
    stacks_lock(&stacks);
    bool kept = stacks.count < KEPT_MAX;
    if (kept)
        stacks.kept[stacks.count++] = stack;
    stacks_unlock(&stacks);
    if (!kept)
        kva_free(stack);
}

void task_trim(void)
{
    for (struct kva *stack; (stack = take()) != nullptr;)
        kva_free(stack);
}
