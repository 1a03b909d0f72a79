// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/elf/elf.h"
#include <linux/elf-em.h>
#include <linux/elf.h>
#include <linux/limits.h>

// What Linux reads at most (fs/binfmt_elf.c's documented limit: one 64 KiB table).
constexpr uint64_t HEADERS_MAX = 65536;

static bool in_file(const struct elf_program *p, uint64_t at, uint64_t len)
{
    return at <= p->file_size && len <= p->file_size - at;
}

static Elf64_Phdr header_at(const struct elf_program *p, uint16_t i)
{
    Elf64_Phdr h;
    span_copy(SPAN_OF(h), cspan_sub(p->table, i * sizeof(h), sizeof(h)));
    return h;
}

static bool header_is_good(struct cspan head, const Elf64_Ehdr *h)
{
    return cspan_starts_with(head, SPAN_TEXT(ELFMAG)) && h->e_ident[EI_CLASS] == ELFCLASS64 &&
           h->e_ident[EI_DATA] == ELFDATA2LSB && (h->e_type == ET_EXEC || h->e_type == ET_DYN) &&
           h->e_machine == EM_X86_64 && h->e_phentsize == sizeof(Elf64_Phdr) && h->e_phnum > 0 &&
           h->e_phnum * sizeof(Elf64_Phdr) <= HEADERS_MAX;
}

// Addresses and file offsets of a segment agree within a page, nothing wraps, and all is user
// memory.
static bool segment_is_good(const struct elf_program *p, const Elf64_Phdr *h)
{
    return h->p_filesz <= h->p_memsz && h->p_vaddr < USER_END &&
           h->p_memsz <= USER_END - h->p_vaddr && in_file(p, h->p_offset, h->p_filesz) &&
           (h->p_vaddr & PAGE_MASK) == (h->p_offset & PAGE_MASK);
}

static bool interpreter_is_good(const struct elf_program *p, const Elf64_Phdr *h)
{
    return h->p_filesz >= 2 && h->p_filesz <= PATH_MAX && in_file(p, h->p_offset, h->p_filesz);
}

static enum err take_segment(struct elf_program *p, const Elf64_Phdr *h)
{
    if (!segment_is_good(p, h))
        return ERR_NOEXEC;
    uint64_t end = align_up(h->p_vaddr + h->p_memsz, PAGE_SIZE);
    p->low = min_u64(p->low, align_down(h->p_vaddr, PAGE_SIZE));
    p->high = max_u64(p->high, end);
    if (p->headers_at >= h->p_offset && p->headers_at - h->p_offset < h->p_filesz)
        p->headers = h->p_vaddr + (p->headers_at - h->p_offset);
    return ERR_OK;
}

static enum err take_header(struct elf_program *p, const Elf64_Phdr *h)
{
    switch (h->p_type) {
    case PT_LOAD:
        return h->p_memsz > 0 ? take_segment(p, h) : ERR_OK;
    case PT_INTERP:
        if (p->interpreter_size > 0)
            return ERR_OK; // the first counts
        if (!interpreter_is_good(p, h))
            return ERR_NOEXEC;
        p->interpreter_at = h->p_offset;
        p->interpreter_size = h->p_filesz;
        return ERR_OK;
    case PT_GNU_STACK:
        p->stack_exec = (h->p_flags & PF_X) != 0;
        return ERR_OK;
    }
    return ERR_OK;
}

enum err elf_begin(struct cspan head, uint64_t file_size, struct elf_program *p)
{
    Elf64_Ehdr h;
    static_assert(sizeof(h) == ELF_HEAD_SIZE);
    if (cspan_len(head) < sizeof(h))
        return ERR_NOEXEC;
    span_copy(SPAN_OF(h), cspan_sub(head, 0, sizeof(h)));
    if (!header_is_good(head, &h))
        return ERR_NOEXEC;
    *p = (struct elf_program){
        .file_size = file_size,
        .moves = h.e_type == ET_DYN,
        .entry = h.e_entry,
        .header_count = h.e_phnum,
        .headers_at = h.e_phoff,
        .headers_size = h.e_phnum * sizeof(Elf64_Phdr),
        .low = UINT64_MAX,
    };
    return in_file(p, p->headers_at, p->headers_size) ? ERR_OK : ERR_NOEXEC;
}

enum err elf_take_table(struct elf_program *p, struct cspan table)
{
    ASSERT(cspan_len(table) == p->headers_size);
    p->table = table;
    for (uint16_t i = 0; i < p->header_count; i++) {
        Elf64_Phdr segment = header_at(p, i);
        enum err err = take_header(p, &segment);
        if (err != ERR_OK)
            return err;
    }
    return p->low < p->high ? ERR_OK : ERR_NOEXEC;
}

static uint8_t prot_of(uint32_t flags)
{
    // The CPU cannot forbid reading what may be written or executed.
    return (uint8_t)((flags & (PF_R | PF_W | PF_X) ? VM_READ : 0) | (flags & PF_W ? VM_WRITE : 0) |
                     (flags & PF_X ? VM_EXEC : 0));
}

bool elf_next_segment(const struct elf_program *p, uint16_t *i, struct elf_segment *out)
{
    while (*i < p->header_count) {
        Elf64_Phdr h = header_at(p, (*i)++);
        if (h.p_type != PT_LOAD || h.p_memsz == 0)
            continue;
        *out = (struct elf_segment){
            .start = align_down(h.p_vaddr, PAGE_SIZE),
            .end = align_up(h.p_vaddr + h.p_memsz, PAGE_SIZE),
            .file_page = h.p_offset >> PAGE_SHIFT,
            .file_end = h.p_vaddr + h.p_filesz,
            .prot = prot_of(h.p_flags),
        };
        return true;
    }
    return false;
}
