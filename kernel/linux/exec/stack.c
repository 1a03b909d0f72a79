// SPDX-License-Identifier: Apache-2.0
// From the top down: the program's name, the strings, the platform's name, 16 random bytes, the
// auxiliary vector, the environment's and the arguments' pointers, and their count, to which the
// stack pointer points, 16-byte aligned (psABI, "Initial Stack and Register State").
#include "kernel/linux/exec/stack.h"
#include <asm/auxvec.h>
#include <linux/auxvec.h>

constexpr uint64_t CLOCK_TICKS = 100; // sysconf(_SC_CLK_TCK)
constexpr size_t AUX_MAX = 24;

struct writer {
    struct mm *mm;
    uint64_t at; // what is written next ends here
    enum err err;
};

// Puts bytes below what is there. Their address is w->at.
static void push(struct writer *w, struct cspan bytes)
{
    w->at -= cspan_len(bytes);
    if (w->err == ERR_OK)
        w->err = mm_write(w->mm, (uaddr_t){w->at}, bytes);
}

static void push_u64(struct writer *w, uint64_t value) { push(w, CSPAN_OF(value)); }

struct aux {
    uint64_t pairs[AUX_MAX][2];
    size_t count;
};

static void aux_add(struct aux *a, uint64_t type, uint64_t value)
{
    a->pairs[a->count][0] = type;
    a->pairs[a->count][1] = value;
    a->count++;
}

// Pointers to `count` strings of a block that lies at `address`, last first, since the stack grows
// down: each string's start is behind the zero of the one before.
static void push_pointers(struct writer *w, struct cspan strings, uint64_t address, uint32_t count)
{
    uint64_t at = w->at - count * sizeof(uint64_t);
    w->at = at;
    for (uint32_t i = 0; i < count && w->err == ERR_OK; i++) {
        w->err = mm_write(w->mm, (uaddr_t){at + i * sizeof(uint64_t)}, CSPAN_OF(address));
        size_t len = cspan_find(strings, 0) + 1;
        address += len;
        strings = cspan_sub(strings, len, cspan_len(strings) - len);
    }
}

// Where the environment's strings begin in the block.
static size_t skip_strings(struct cspan strings, uint32_t count)
{
    size_t at = 0;
    for (uint32_t i = 0; i < count; i++)
        at += cspan_find(cspan_sub(strings, at, cspan_len(strings) - at), 0) + 1;
    return at;
}

static void fill_aux(struct aux *a, const struct stack_facts *facts,
                     const struct exec_identity *who, uint64_t name, uint64_t platform,
                     uint64_t random)
{
    if (facts->vdso != 0)
        aux_add(a, AT_SYSINFO_EHDR, facts->vdso);
    aux_add(a, AT_HWCAP, user_hwcap());
    aux_add(a, AT_PAGESZ, PAGE_SIZE);
    aux_add(a, AT_CLKTCK, CLOCK_TICKS);
    aux_add(a, AT_PHDR, facts->headers);
    aux_add(a, AT_PHENT, 56);
    aux_add(a, AT_PHNUM, facts->header_count);
    aux_add(a, AT_BASE, facts->interpreter_base);
    aux_add(a, AT_FLAGS, 0);
    aux_add(a, AT_ENTRY, facts->entry);
    aux_add(a, AT_UID, who->uid);
    aux_add(a, AT_EUID, who->euid);
    aux_add(a, AT_GID, who->gid);
    aux_add(a, AT_EGID, who->egid);
    aux_add(a, AT_SECURE, who->secure ? 1 : 0);
    aux_add(a, AT_RANDOM, random);
    aux_add(a, AT_HWCAP2, user_hwcap2());
    aux_add(a, AT_EXECFN, name);
    aux_add(a, AT_PLATFORM, platform);
    aux_add(a, AT_NULL, 0);
}

enum err stack_write(struct mm *mm, uint64_t top, const struct exec_request *r,
                     const struct stack_facts *facts, uaddr_t *sp)
{
    struct writer w = {.mm = mm, .at = top};
    uint8_t random[16];
    struct aux aux = {};
    struct cspan all = exec_strings_all(r->strings);
    uint32_t argc = r->strings->argc, envc = r->strings->envc;
    static const uint8_t zero;

    entropy_fill(SPAN_OF(random));
    push_u64(&w, 0);
    push(&w, CSPAN_OF(zero));
    push(&w, r->name);
    uint64_t name = w.at;
    push(&w, all);
    uint64_t strings = w.at;
    size_t env = skip_strings(all, argc);
    push(&w, CSPAN_OF(zero));
    push(&w, SPAN_TEXT("x86_64"));
    uint64_t platform = w.at;
    w.at = align_down(w.at, 16);
    push(&w, CSPAN_OF(random));
    fill_aux(&aux, facts, &r->identity, name, platform, w.at);

    // Two nulls, and the count, go with the pointers: an odd number of words in all would leave the
    // stack pointer unaligned.
    if ((argc + envc) % 2 == 0)
        push_u64(&w, 0);
    push(&w, cspan_sub(CSPAN_OF(aux.pairs), 0, aux.count * sizeof(aux.pairs[0])));
    push_u64(&w, 0);
    push_pointers(&w, cspan_sub(all, env, cspan_len(all) - env), strings + env, envc);
    push_u64(&w, 0);
    push_pointers(&w, all, strings, argc);
    push_u64(&w, argc);
    *sp = (uaddr_t){w.at};
    return w.err;
}
