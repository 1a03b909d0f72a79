// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/futex/robust.h"
#include "kernel/linux/futex/word.h"
#include <linux/futex.h>

// A list may be a circle.
constexpr uint32_t ENTRIES_MAX = ROBUST_LIST_LIMIT;

// An entry's address, and in its lowest bit whether its lock is one that lends priority.
constexpr uint64_t IS_PI = 1;

struct robust_walk {
    struct mm *mm;
    uint32_t tid;
    uint64_t offset; // from an entry to its word
};

static enum err read_u64(struct mm *mm, uint64_t at, uint64_t *value)
{
    uint64_t bytes = 0;
    enum err err = mm_read(mm, (uaddr_t){at}, SPAN_OF(bytes));
    *value = bytes;
    return err;
}

static void wake_one(struct futex_word word)
{
    uint32_t woken;
    if (futex_wake(word, 1, FUTEX_ANY, &woken) != ERR_OK)
        log_debug("robust list: no word at %lx", word.at.raw);
}

// `pending`: it was about to be locked or unlocked, and may have been let go already.
static void let_go(const struct robust_walk *w, uint64_t entry, bool pending)
{
    struct futex_word word = {w->mm, {(entry & ~IS_PI) + w->offset}, true};
    uint32_t seen;
    if (word.at.raw % sizeof(uint32_t) != 0 || futex_word_load(word, &seen) != ERR_OK)
        return;
    bool lends = (entry & IS_PI) != 0;
    if (pending && !lends && seen == 0) {
        wake_one(word);
        return;
    }
    while ((seen & FUTEX_TID_MASK) == w->tid) {
        uint32_t now = seen;
        if (futex_word_swap(word, &now, (seen & FUTEX_WAITERS) | FUTEX_OWNER_DIED) != ERR_OK)
            return;
        if (now == seen) {
            if (!lends && (seen & FUTEX_WAITERS) != 0)
                wake_one(word);
            return;
        }
        seen = now;
    }
}

void futex_robust_end(struct mm *mm, uint64_t head, uint64_t tid)
{
    uint64_t entry, pending;
    struct robust_walk w = {.mm = mm, .tid = (uint32_t)tid};
    // struct robust_list_head: the first entry, the offset, the one that is about to be changed.
    if (head == 0 || read_u64(mm, head, &entry) != ERR_OK ||
        read_u64(mm, head + 8, &w.offset) != ERR_OK || read_u64(mm, head + 16, &pending) != ERR_OK)
        return;
    for (uint32_t i = 0; i < ENTRIES_MAX && (entry & ~IS_PI) != head; i++) {
        uint64_t next;
        // Read before its lock is let go: whoever gets it may free the entry.
        enum err err = read_u64(mm, entry & ~IS_PI, &next);
        if (entry != pending)
            let_go(&w, entry, false);
        if (err != ERR_OK)
            return;
        entry = next;
    }
    if (pending != 0)
        let_go(&w, pending, true);
}
