// SPDX-License-Identifier: Apache-2.0
// Process-context identifiers (SDM Vol. 3A, "Process-Context Identifiers (PCIDs)"): each CPU keeps
// the translations of the last few spaces it has used, tagged with a number, and forgets them only
// when it comes back to a space that has changed meanwhile. Pure: what to tell the CPU, and when.
//
// A space counts its changes. A CPU that has it active is told of each, and catches up; one that
// has not finds out by the count. So the order is, for who changes entries: the entries, the count,
// then who has it active; and for a CPU: becoming active, then the count.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

constexpr uint32_t PCID_SLOTS = 6; // tags 1 to 6; 0 is the kernel's own table's

// In what is loaded into CR3: what the CPU knows by this tag still holds.
constexpr uint64_t CR3_KEEP = 1ull << 63;

struct pcid_slot {
    uint64_t space;   // its number; 0: free
    uint64_t changes; // of the space, that this CPU's translations have taken in
};

// One CPU's. Interrupts are off around everything that touches it.
struct pcid_cache {
    struct pcid_slot slots[PCID_SLOTS];
    uint32_t now;  // the slot of the active space
    uint32_t next; // whose turn it is to be replaced
};

// `space`, which has had `changes`, becomes active: returns what CR3 has beside the table's
// address.
uint64_t pcid_activate(struct pcid_cache *c, uint64_t space, uint64_t changes);

enum pcid_flush : int {
    PCID_FLUSH_NONE,
    PCID_FLUSH_BATCH, // what the change was about
    PCID_FLUSH_ALL,   // all that the CPU knows by the tag in CR3
};

// This CPU hears of the change number `change` of `space`, which has had `changes` by now.
// `active`: translations go by it. Returns what the CPU must forget now.
enum pcid_flush pcid_catch_up(struct pcid_cache *c, uint64_t space, bool active, uint64_t change,
                              uint64_t changes);

// The tag in CR3 while a space is active.
static inline uint64_t pcid_tag(const struct pcid_cache *c) { return c->now + 1; }

C_END
