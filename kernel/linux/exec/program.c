// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/exec/program.h"

enum err program_check(struct inode *i)
{
    constexpr uint32_t SOMEBODY = 0111;
    return i->type == MODE_FILE && (inode_facts(i).mode & SOMEBODY) != 0 ? ERR_OK : ERR_ACCES;
}

enum err program_read(struct inode *i, uint64_t at, struct span to, size_t *len)
{
    struct transfer t = transfer_to(to);
    enum err err = inode_read(i, at, &t);
    *len = t.done;
    return err;
}

enum err program_begin(struct program *p)
{
    struct inode *i = p->inode;
    uint8_t head[ELF_HEAD_SIZE];
    size_t len;
    enum err err = program_read(i, 0, SPAN_OF(head), &len);
    if (err == ERR_OK)
        err = elf_begin(cspan_sub(CSPAN_OF(head), 0, len), vm_object_size(i->data), &p->elf);
    if (err == ERR_OK)
        err = byte_array_resize(&p->table, p->elf.headers_size);
    if (err == ERR_OK)
        err = program_read(i, p->elf.headers_at, byte_array_span(&p->table), &len);
    if (err == ERR_OK && len < p->elf.headers_size)
        err = ERR_NOEXEC; // it has become shorter meanwhile
    return err == ERR_OK ? elf_take_table(&p->elf, span_const(byte_array_span(&p->table))) : err;
}

void program_free(struct program *p) { byte_array_free(&p->table); }

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

enum err program_map(const struct program *p, struct mm *mm, uint64_t base)
{
    struct elf_segment s;
    enum err err = ERR_OK;
    for (uint16_t i = 0; err == ERR_OK && elf_next_segment(&p->elf, &i, &s);)
        err = map_segment(mm, p->inode->data, &s, base);
    return err;
}
