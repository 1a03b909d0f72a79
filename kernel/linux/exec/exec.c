// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/exec/exec.h"
#include "kernel/linux/elf/elf.h"
#include "kernel/linux/exec/stack.h"
#include "kernel/linux/mm/vm_object.h"
#include "kernel/linux/vdso/vdso.h"

// Where a program that goes anywhere is put: two thirds up, as on Linux.
constexpr uint64_t PIE_BASE = 0x555555554000;

// The heap, the stack's top, that of mappings and the vDSO below that are moved by chance below
// these many bytes.
constexpr uint64_t BRK_CHANCE = 32 * MIB;
constexpr uint64_t STACK_CHANCE = 16 * GIB;
constexpr uint64_t MMAP_CHANCE = 1ull << 40;
constexpr uint64_t VDSO_CHANCE = 1ull << 40;
constexpr uint64_t PIE_CHANCE = 1ull << 40;

// Below the stack's top no mapping is put that may go anywhere: as much as Linux leaves, far more
// than the stack may have.
constexpr uint64_t STACK_ROOM = 128 * MIB;

// The stack's first size; faults extend it.
constexpr uint64_t STACK_FIRST = 132 * KIB;

static bool moves_by_chance(void)
{
    struct cspan value;
    return !cmdline_find(boot_cmdline(), SPAN_TEXT("norandmaps"), &value);
}

// A page-aligned distance below `range`.
static uint64_t chance(uint64_t range)
{
    return moves_by_chance() ? align_down(entropy_below(range), PAGE_SIZE) : 0;
}

// Memory of a segment that the file does not fill: the rest of the last page that it does, which is
// copied to be cleared, and whole pages.
static enum err clear_rest(struct mm *mm, const struct elf_segment *s, uint64_t base)
{
    uint64_t from = base + s->file_end, page_end = align_up(from, PAGE_SIZE);
    static const uint8_t zeroes[PAGE_SIZE];
    if (from == page_end || base + s->end < page_end)
        return ERR_OK;
    return mm_write(mm, (uaddr_t){from}, cspan_sub(CSPAN_OF(zeroes), 0, page_end - from));
}

static enum err map_segment(struct mm *mm, struct vm_object *file, const struct elf_segment *s,
                            uint64_t base)
{
    uint64_t file_pages_end = align_up(s->file_end, PAGE_SIZE), at;
    enum err err = ERR_OK;
    struct mm_request r = {
        .at = base + s->start,
        .size = file_pages_end - s->start,
        .place = MM_REPLACE,
        .kind = {.prot = s->prot, .object = file, .object_page = s->file_page},
    };
    if (file_pages_end > s->start)
        err = mm_map(mm, &r, &at);
    if (err == ERR_OK && s->end > file_pages_end) {
        r = (struct mm_request){
            .at = base + file_pages_end,
            .size = s->end - file_pages_end,
            .place = MM_REPLACE,
            .kind = {.prot = s->prot},
        };
        err = mm_map(mm, &r, &at);
    }
    // Only what may be written to has a rest that counts; Linux leaves the others' as it is.
    if (err == ERR_OK && (s->prot & VM_WRITE) != 0)
        err = clear_rest(mm, s, base);
    return err;
}

static enum err map_program(struct mm *mm, const struct elf_program *p, uint64_t base)
{
    struct vm_object *file;
    enum err err = vm_object_create_over(p->file, &file);
    struct elf_segment s;
    for (uint16_t i = 0; err == ERR_OK && elf_next_segment(p, &i, &s);)
        err = map_segment(mm, file, &s, base);
    vm_object_put(file);
    return err;
}

// Other mappings go below `*below`.
static enum err map_stack(struct mm *mm, bool exec, uint64_t *top, uint64_t *below)
{
    *top = USER_END - PAGE_SIZE - chance(STACK_CHANCE);
    *below = *top - STACK_ROOM - chance(MMAP_CHANCE);
    mm_set_top(mm, *below);
    uint64_t at;
    struct mm_request r = {
        .at = *top - STACK_FIRST,
        .size = STACK_FIRST,
        .place = MM_REPLACE,
        .kind = {.prot = (uint8_t)(VM_READ | VM_WRITE | (exec ? VM_EXEC : 0)), .grows_down = true},
    };
    return mm_map(mm, &r, &at);
}

static enum err fill(const struct exec_request *r, const struct elf_program *p, struct mm *mm,
                     struct exec_image *out)
{
    uint64_t base = p->moves ? PIE_BASE + chance(PIE_CHANCE) - p->low : 0, stack_top, below;
    struct stack_facts facts = {
        .entry = base + p->entry,
        .headers = p->headers != 0 ? base + p->headers : 0,
        .header_count = p->header_count,
    };
    enum err err = map_program(mm, p, base);
    if (err == ERR_OK)
        err = map_stack(mm, p->stack_exec, &stack_top, &below);
    if (err == ERR_OK)
        err = vdso_map(mm, below - chance(VDSO_CHANCE), &facts.vdso);
    if (err != ERR_OK)
        return err;
    mm_set_brk_start(mm, base + p->high + chance(BRK_CHANCE));
    out->entry = (uaddr_t){facts.entry};
    return stack_write(mm, stack_top, r, &facts, &out->sp);
}

enum err exec_load(const struct exec_request *r, struct exec_image *out)
{
    struct elf_program program;
    enum err err = elf_parse(r->file, &program);
    if (err != ERR_OK)
        return err;
    if (cspan_len(program.interpreter) > 0)
        return ERR_NOENT; // there are no files yet that it could be in
    if (cspan_len(r->strings) > EXEC_STRINGS_MAX)
        return ERR_2BIG;
    struct mm *mm;
    err = mm_create(&mm);
    if (err != ERR_OK)
        return err;
    // Its memory is written as a program's is: by user addresses.
    struct vm_space *before = task_space();
    task_set_space(mm_space(mm));
    err = fill(r, &program, mm, out);
    task_set_space(before);
    if (err != ERR_OK) {
        mm_put(mm);
        return err;
    }
    out->mm = mm;
    return ERR_OK;
}
