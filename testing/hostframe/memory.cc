// SPDX-License-Identifier: Apache-2.0
// The heap and pages: from the host's allocator, so that the sanitizers know what is whose.
#include "testing/hostframe/machine.h"
#include <cstdlib>
#include <cstring>
#include <new>
#include <sanitizer/asan_interface.h>

using hostframe::state;

#if __has_feature(thread_sanitizer)
extern "C" void __tsan_read_range(void *at, unsigned long n);
extern "C" void __tsan_write_range(void *at, unsigned long n);
#endif

namespace hostframe
{

constexpr size_t HEADER = 64;
static_assert(sizeof(struct live) <= HEADER);

// As heap_fail_after asked for. The running task's own.
static thread_local struct {
    bool on, hit;
    uint64_t left;
} fault;

static bool fails_now()
{
    if (!fault.on || fault.left-- != 0)
        return false;
    fault.hit = true;
    return true;
}

static bool charge(uint64_t bytes)
{
    uint64_t limit = state->config.pages * PAGE_SIZE;
    uint64_t now = state->bytes.load(std::memory_order_relaxed);
    do {
        if (bytes > limit - now)
            return false;
    } while (!state->bytes.compare_exchange_weak(now, now + bytes, std::memory_order_relaxed));
    return true;
}

static void *live_new(uint32_t kind, size_t size, size_t counts, const void *type)
{
    void *raw;
    if (posix_memalign(&raw, HEADER, HEADER + size) != 0)
        abort();
    auto *l = static_cast<struct live *>(raw);
    *l = {nullptr, nullptr, type, counts, kind};
    live_add(l);
    ASAN_POISON_MEMORY_REGION(raw, HEADER);
    return static_cast<char *>(raw) + HEADER;
}

void *live_alloc(uint32_t kind, size_t size, size_t counts, const void *type)
{
    return fails_now() || !charge(counts) ? nullptr : live_new(kind, size, counts, type);
}

static struct live *header_of(const void *at)
{
    return reinterpret_cast<struct live *>(reinterpret_cast<uint64_t>(at) - HEADER);
}

// What hidden_copy does to a service's memory, for the sanitizers.
void note_access([[maybe_unused]] const void *at, [[maybe_unused]] size_t n,
                 [[maybe_unused]] bool write)
{
#if __has_feature(address_sanitizer)
    auto *bad = __asan_region_is_poisoned(const_cast<void *>(at), n);
    if (bad != nullptr)
        *static_cast<volatile uint8_t *>(bad); // reports
#elif __has_feature(thread_sanitizer)
    if (write)
        __tsan_write_range(const_cast<void *>(at), n);
    else
        __tsan_read_range(const_cast<void *>(at), n);
#endif
    (void)write;
}

void live_free(void *at)
{
    struct live *l = header_of(at);
    state->bytes.fetch_sub(live_size(l), std::memory_order_relaxed);
    live_remove(l);
    free(l);
}

void free_all()
{
    for (struct live *l; (l = live_first()) != nullptr;) {
        live_remove(l);
        free(l);
    }
    fault = {};
}

} // namespace hostframe

// ---- the heap --------------------------------------------------------------------------------

static void *take_lasting(struct heap_type *type)
{
    std::lock_guard l(state->lasting_mutex);
    auto &freed = state->lasting[type];
    if (freed.empty())
        return nullptr;
    void *o = freed.back();
    freed.pop_back();
    *static_cast<uint64_t *>(o) = 0;
    return o;
}

void *heap_alloc(struct heap_type *type)
{
    if (type->forever && !hostframe::fault.on) {
        void *o = take_lasting(type);
        if (o != nullptr)
            return o;
    }
    void *o = hostframe::live_alloc(LIVE_OBJECT, type->size, type->stride, type);
    if (o != nullptr)
        memset(o, 0, type->size);
    return o;
}

void heap_free(struct heap_type *type, void *object)
{
    if (object == nullptr)
        return;
    // If it has been freed, this is where the sanitizers say so, with both backtraces.
    *static_cast<volatile uint8_t *>(object) = 0;
    const struct live *l = hostframe::header_of(object);
    if (live_kind(l) != LIVE_OBJECT || live_type(l) != type)
        panic("heap_free: no %s begins here", type->name);
    if (!type->forever) {
        hostframe::live_free(object);
        return;
    }
    std::lock_guard lasting(state->lasting_mutex);
    state->lasting[type].push_back(object);
}

// There are no magazines.
void heap_trim(void) {}

void heap_fail_after(uint64_t n) { hostframe::fault = {true, false, n}; }

bool heap_fail_stop(void)
{
    bool hit = hostframe::fault.hit;
    hostframe::fault = {};
    return hit;
}

// ---- arrays ----------------------------------------------------------------------------------

// As large as its elements once were, so that ASan sees what is behind; it counts as whole pages.
// `order` is that size in bytes.
void array_free(struct array *a)
{
    if (a->items != nullptr)
        hostframe::live_free(a->items);
    *a = {};
}

enum err array_resize(struct array *a, size_t count, size_t item_size, const void *)
{
    size_t size, used = a->count * item_size;
    if (__builtin_mul_overflow(count, item_size, &size) || size > 4 * MIB)
        return ERR_NOMEM;
    if (size > a->order) {
        size_t counts = pages_for(size) * PAGE_SIZE;
        void *items = hostframe::live_alloc(LIVE_ARRAY, size, counts, nullptr);
        if (items == nullptr)
            return ERR_NOMEM;
        memset(items, 0, size);
        if (used > 0)
            memcpy(items, a->items, used);
        array_free(a);
        *a = {items, count, static_cast<unsigned>(size)};
    }
    if (size < used)
        memset(static_cast<uint8_t *>(a->items) + size, 0, used - size);
    a->count = count;
    if (count == 0)
        array_free(a);
    return ERR_OK;
}

// ---- pages -----------------------------------------------------------------------------------

// Handles and contents in one allocation. What is free of it is poisoned until all is.
struct alignas(64) chunk {
    std::atomic<size_t> live;
};

// Aligned so that the entries of page tables have room for bits.
struct alignas(64) page {
    struct chunk *chunk;
    uint8_t *bytes;
    std::atomic<uint32_t> refs;
};

// What a page holds that was somebody else's.
constexpr uint8_t STALE = 0xa5;

// The first of `count` pages; null if there is no memory.
static struct page *pages_alloc(size_t count, enum page_fill fill)
{
    using namespace hostframe;
    if (fails_now() || !charge(count * PAGE_SIZE))
        return nullptr;
    size_t handles = sizeof(struct chunk) + count * sizeof(struct page);
    auto *at =
        static_cast<uint8_t *>(live_new(LIVE_PAGES, handles + count * PAGE_SIZE, 0, nullptr));
    auto *c = new (at) chunk{{count}};
    auto *first = reinterpret_cast<struct page *>(at + sizeof(struct chunk));
    uint8_t *bytes = at + handles;
    hidden_fill(bytes, fill == PAGE_ZERO ? 0 : STALE, count * PAGE_SIZE);
    for (size_t i = 0; i < count; i++)
        new (&first[i]) page{c, bytes + i * PAGE_SIZE, {1}};
    return first;
}

enum err page_alloc(enum page_fill fill, struct page **out)
{
    struct page *page = pages_alloc(1, fill);
    if (page == nullptr)
        return ERR_NOMEM;
    *out = page;
    return ERR_OK;
}

void page_get(struct page *page)
{
    uint32_t before = page->refs.fetch_add(1, std::memory_order_relaxed);
    ASSERT(before != 0 && before != UINT32_MAX);
}

void page_put(struct page *page)
{
    uint32_t before = page->refs.fetch_sub(1, std::memory_order_acq_rel);
    ASSERT(before != 0);
    if (before != 1)
        return;
    struct chunk *c = page->chunk;
    state->bytes.fetch_sub(PAGE_SIZE, std::memory_order_relaxed);
    ASAN_POISON_MEMORY_REGION(page->bytes, PAGE_SIZE);
    ASAN_POISON_MEMORY_REGION(page, sizeof(*page));
    if (c->live.fetch_sub(1, std::memory_order_acq_rel) == 1)
        hostframe::live_free(c);
}

uint32_t page_refs(const struct page *page) { return page->refs.load(std::memory_order_relaxed); }

enum err page_run_alloc(size_t count, enum page_fill fill, struct page_run *run)
{
    if (count == 0 || count > PAGE_RUN_MAX)
        return ERR_INVAL;
    struct page *first = pages_alloc(count, fill);
    if (first == nullptr)
        return ERR_NOMEM;
    *run = {first, count};
    return ERR_OK;
}

void page_run_put(struct page_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        page_put(&run->first[i]);
    *run = {};
}

struct page *page_run_get(const struct page_run *run, size_t i)
{
    ASSERT(i < run->count);
    page_get(&run->first[i]);
    return &run->first[i];
}

static enum err check_range(const struct page_run *run, size_t offset, size_t len)
{
    size_t size = run->count * PAGE_SIZE;
    return offset <= size && len <= size - offset ? ERR_OK : ERR_INVAL;
}

// The pages of a run lie side by side.
enum err page_run_write(const struct page_run *run, size_t offset, struct cspan from)
{
    enum err err = check_range(run, offset, from.len);
    if (err != ERR_OK || from.len == 0)
        return err;
    ASSERT(page_refs(run->first) != 0);
    hostframe::note_access(from.bytes, from.len, false);
    hidden_copy(run->first->bytes + offset, from.bytes, from.len);
    return ERR_OK;
}

enum err page_run_read(const struct page_run *run, size_t offset, struct span to)
{
    enum err err = check_range(run, offset, to.len);
    if (err != ERR_OK || to.len == 0)
        return err;
    ASSERT(page_refs(run->first) != 0);
    hostframe::note_access(to.bytes, to.len, true);
    hidden_copy(to.bytes, run->first->bytes + offset, to.len);
    return ERR_OK;
}

// A place within a page's contents.
static uint8_t *within(const struct page *page, size_t offset, size_t len)
{
    ASSERT(offset <= PAGE_SIZE && len <= PAGE_SIZE - offset);
    ASSERT(page_refs(page) != 0);
    return page->bytes + offset;
}

void page_write(struct page *page, size_t offset, struct cspan from)
{
    hostframe::note_access(from.bytes, from.len, false);
    hidden_copy(within(page, offset, from.len), from.bytes, from.len);
}

void page_read(const struct page *page, size_t offset, struct span to)
{
    hostframe::note_access(to.bytes, to.len, true);
    hidden_copy(to.bytes, within(page, offset, to.len), to.len);
}

void page_fill_zero(struct page *page, size_t offset, size_t len)
{
    hidden_fill(within(page, offset, len), 0, len);
}

void page_copy(struct page *to, const struct page *from)
{
    hidden_copy(within(to, 0, PAGE_SIZE), within(from, 0, PAGE_SIZE), PAGE_SIZE);
}

struct pmm_stats pmm_stats(void)
{
    uint64_t total = state->config.pages;
    return {total, total - pages_for(state->bytes.load(std::memory_order_relaxed))};
}

namespace hostframe
{

uint8_t *page_bytes(const struct page *page) { return page->bytes; }
struct page *page_in(const struct page_run *run, size_t i) { return run->first + i; }

} // namespace hostframe
