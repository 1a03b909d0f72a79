// SPDX-License-Identifier: Apache-2.0
// Says what was accessed that may not be, and panics.
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/pmm/page_priv.h"
#include "testing/sanitizer/kasan/kasan.h"

// ---- heap ------------------------------------------------------------------------------------

constexpr unsigned SLAB_ORDER_MAX = 3;

// The type whose slab `at` is in; null if it is in none.
static const struct heap_type *slab_type(uint64_t at, uint64_t *slab)
{
    for (unsigned order = 0; order <= SLAB_ORDER_MAX; order++) {
        *slab = align_down(at, PAGE_SIZE << order);
        const struct page *page = page_at((paddr_t){*slab - direct_map_start()});
        const struct heap_type *type = (const struct heap_type *)page->owner;
        if (page->kind == PAGE_KERNEL && page->owner >= IMAGE_OFFSET && type->order == order)
            return type;
    }
    return nullptr;
}

static void print_object(const struct heap_type *t, uint64_t object, uint64_t at)
{
    kprintf("  object: %s, %u bytes, at %016lx; ", t->name, t->size, object);
    if (at < object)
        kprintf("%lu bytes before it\n", object - at);
    else if (at < object + t->size)
        kprintf("offset %lu\n", at - object);
    else
        kprintf("%lu bytes behind it\n", at - object - t->size);
    const struct object_trace *trace =
        (const struct object_trace *)(object + t->stride - KASAN_REDZONE);
    if (trace->allocated.pc[0] != 0)
        trace_print("  allocated by", &trace->allocated);
    if (trace->freed.pc[0] != 0)
        trace_print("  freed by", &trace->freed);
}

static void describe_heap(uint64_t at)
{
    uint64_t slab;
    const struct heap_type *t = slab_type(at, &slab);
    if (t == nullptr)
        return;
    // As heap.c lays a slab out.
    constexpr uint64_t header = 64 + KASAN_REDZONE;
    uint64_t first = slab + header;
    uint64_t index = at < first ? 0 : (at - first) / t->stride;
    // Between two objects: the nearer.
    uint64_t object = first + index * t->stride, next = object + t->stride;
    bool nearer = at >= object + t->size && next - at < at - (object + t->size);
    print_object(t, nearer && next + t->stride <= slab + (PAGE_SIZE << t->order) ? next : object,
                 at);
}

// ---- stack -----------------------------------------------------------------------------------

// At the bottom of an instrumented frame: a magic number, a text, and the function's address.
struct frame {
    uint64_t magic;
    const char *variables; // "COUNT (OFFSET SIZE NAME_LENGTH NAME)..."
    uint64_t function;
};
constexpr uint64_t FRAME_MAGIC = 0x41b58ab3;

static uint64_t parse_number(const char **text)
{
    uint64_t n = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        n = n * 10 + (uint64_t)(**text - '0');
    if (**text == ' ')
        (*text)++;
    return n;
}

// The variable that is nearest to `offset`.
static void describe_variable(const char *text, uint64_t offset)
{
    const char *name = nullptr;
    uint64_t best = UINT64_MAX, best_size = 0, best_start = 0;
    int best_length = 0;
    for (uint64_t left = parse_number(&text); left > 0; left--) {
        uint64_t start = parse_number(&text), size = parse_number(&text);
        uint64_t length = parse_number(&text);
        uint64_t distance = offset < start          ? start - offset
                            : offset < start + size ? 0
                                                    : offset - (start + size) + 1;
        if (distance < best) {
            best = distance;
            best_start = start;
            best_size = size;
            name = text;
            best_length = (int)length;
        }
        text += length + (text[length] == ' ');
    }
    if (name == nullptr)
        return;
    char copy[64] = {};
    for (int i = 0; i < best_length && i < (int)sizeof(copy) - 1; i++)
        copy[i] = name[i];
    kprintf("  variable: %s, %lu bytes; offset %ld\n", copy, best_size,
            (int64_t)(offset - best_start));
}

static void describe_stack(uint64_t at)
{
    constexpr uint64_t distance_max = 64 * KIB;
    uint64_t down = at & ~7ull;
    while (at - down < distance_max && (uint8_t)shadow_at(down) != SHADOW_STACK_LEFT)
        down -= 8;
    while (at - down < distance_max && (uint8_t)shadow_at(down - 8) == SHADOW_STACK_LEFT)
        down -= 8;
    const struct frame *frame = (const struct frame *)down;
    if (at - down >= distance_max || frame->magic != FRAME_MAGIC)
        return;
    kprintf("  frame");
    print_where(frame->function);
    kprintf("\n");
    describe_variable(frame->variables, at - down);
}

// ---- all -------------------------------------------------------------------------------------

static void describe_global(uint64_t at)
{
    const struct global *g = global_at(at);
    if (g != nullptr)
        kprintf("  variable: %s of %s, %lu bytes; offset %lu\n", g->name, g->file, g->size,
                at - g->start);
}

static void describe_page(uint64_t at)
{
    kprintf("  page: %016lx, free\n", align_down(at, PAGE_SIZE));
    const struct trace *by = page_freed_by(at);
    if (by != nullptr)
        trace_print("  freed by", by);
}

// Why the byte at `at` may not be accessed.
static uint8_t reason(uint64_t at)
{
    uint8_t shadow = (uint8_t)shadow_at(at);
    // Where something ends, what follows tells.
    return shadow < 8 ? (uint8_t)shadow_at(at + 8) : shadow;
}

static const char *describe(uint64_t at)
{
    switch (reason(at)) {
    case SHADOW_REDZONE:
        describe_heap(at);
        return "heap out of bounds";
    case SHADOW_FREED:
        describe_heap(at);
        return "heap use after free";
    case SHADOW_FREE_PAGE:
        describe_page(at);
        return "page use after free";
    case SHADOW_GLOBAL:
        describe_global(at);
        return "global out of bounds";
    case SHADOW_STACK_LEFT:
    case SHADOW_STACK_MIDDLE:
    case SHADOW_STACK_RIGHT:
        describe_stack(at);
        return "stack out of bounds";
    case SHADOW_STACK_SCOPE:
    case SHADOW_STACK_RETURNED:
        describe_stack(at);
        return "stack use after scope";
    case SHADOW_OLD_STACK:
        return "kernel stack use after free";
    default:
        return "wild access";
    }
}

void report_access(uint64_t at, size_t size, bool write, uint64_t pc)
{
    report_begin();
    uint64_t bad = at + size < at ? at : shadow_first_bad(at, size);
    kprintf("kasan: %s %zu bytes at %016lx", write ? "writing" : "reading", size, at);
    print_where(pc - 1);
    kprintf("\n");
    if (bad != at)
        kprintf("  the first byte that may not be accessed is at %016lx\n", bad);
    const char *what = describe(bad);
    kprintf("  shadow:");
    for (uint64_t i = 0; i < 9; i++)
        kprintf(i == 4 ? " [%02x]" : " %02x", (uint8_t)shadow_at(bad + (i - 4) * 8));
    panic("kasan: %s: %s %zu bytes at %016lx", what, write ? "writing" : "reading", size, at);
}

void report_double_free(const struct heap_type *t, const void *object)
{
    report_begin();
    kprintf("kasan: freeing what is free\n");
    print_object(t, (uint64_t)object, (uint64_t)object);
    panic("kasan: double free: %s at %016lx", t->name, (uint64_t)object);
}
