// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmm/pcid.h"

static struct pcid_slot *find(struct pcid_cache *c, uint64_t space)
{
    for (uint32_t i = 0; i < PCID_SLOTS; i++) {
        if (c->slots[i].space == space)
            return &c->slots[i];
    }
    return nullptr;
}

uint64_t pcid_activate(struct pcid_cache *c, uint64_t space, uint64_t changes)
{
    struct pcid_slot *slot = find(c, space);
    bool keep = slot != nullptr && slot->changes == changes;
    if (slot == nullptr) {
        slot = &c->slots[c->next];
        c->next = (c->next + 1) % PCID_SLOTS;
    }
    *slot = (struct pcid_slot){space, changes};
    c->now = (uint32_t)(slot - c->slots);
    return pcid_tag(c) | (keep ? CR3_KEEP : 0);
}

enum pcid_flush pcid_catch_up(struct pcid_cache *c, uint64_t space, bool active, uint64_t change,
                              uint64_t changes)
{
    // If it no longer is, nothing goes by these translations, and the count shows when it comes
    // back.
    struct pcid_slot *slot = active ? find(c, space) : nullptr;
    if (slot == nullptr || change <= slot->changes)
        return PCID_FLUSH_NONE;
    // Changes by several CPUs may be heard of in any order: then one flush takes them all in.
    bool in_order = change == slot->changes + 1;
    slot->changes = in_order ? change : changes;
    return in_order ? PCID_FLUSH_BATCH : PCID_FLUSH_ALL;
}
