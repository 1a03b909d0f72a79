// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/exec/exec.h"
#include "kernel/linux/exec/program.h"
#include "kernel/linux/exec/script.h"
#include "kernel/linux/exec/stack.h"
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

// How many scripts may interpret each other.
constexpr uint32_t SCRIPTS_MAX = 5;

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

// ---- the interpreter ---------------------------------------------------------------------------

static enum err find_file(const struct exec_request *r, struct cspan path, struct entry **out)
{
    struct walk walk = {.root = r->root, .start = r->working, .path = path, .follow = true};
    struct entry *found;
    enum err err = walk_find(&walk, &found);
    if (err != ERR_OK)
        return err;
    err = program_check(entry_inode(found));
    if (err == ERR_OK)
        *out = found;
    else
        entry_put(found);
    return err;
}

// Maps a program where there is room for all of it.
static enum err map_anywhere(const struct program *p, struct mm *mm, uint64_t *base)
{
    uint64_t at;
    struct mm_request all = {.size = p->elf.high - p->elf.low, .place = MM_ANYWHERE};
    enum err err = mm_map(mm, &all, &at);
    if (err == ERR_OK)
        err = mm_unmap(mm, at, at + all.size);
    *base = p->elf.moves ? at - p->elf.low : 0;
    return err == ERR_OK ? program_map(p, mm, *base) : err;
}

static enum err map_interpreter(struct entry *file, struct mm *mm, uint64_t *base, uint64_t *entry)
{
    struct program p = {.inode = entry_inode(file)};
    enum err err = program_begin(&p);
    if (err == ERR_NOEXEC)
        err = ERR_LIBBAD;
    if (err == ERR_OK)
        err = map_anywhere(&p, mm, base);
    *entry = *base + p.elf.entry;
    program_free(&p);
    return err;
}

// The interpreter that a program asks for; null: none.
static enum err find_interpreter(const struct exec_request *r, const struct program *p,
                                 struct entry **out)
{
    struct byte_array path = {};
    size_t size = p->elf.interpreter_size, len;
    *out = nullptr;
    if (size == 0)
        return ERR_OK;
    enum err err = byte_array_resize(&path, size);
    struct cspan name = span_const(byte_array_span(&path));
    if (err == ERR_OK)
        err = program_read(p->inode, p->elf.interpreter_at, byte_array_span(&path), &len);
    if (err == ERR_OK && (len < size || cspan_u8(name, len - 1) != 0))
        err = ERR_NOEXEC;
    if (err == ERR_OK)
        err = find_file(r, cspan_sub(name, 0, cspan_find(name, 0)), out);
    byte_array_free(&path);
    return err;
}

// ---- the program -------------------------------------------------------------------------------

static enum err fill(const struct exec_request *r, const struct program *p,
                     struct entry *interpreter, struct exec_image *out)
{
    uint64_t base = p->elf.moves ? PIE_BASE + chance(PIE_CHANCE) - p->elf.low : 0, stack_top, below;
    struct mm *mm = out->mm;
    struct stack_facts facts = {
        .entry = base + p->elf.entry,
        .headers = p->elf.headers != 0 ? base + p->elf.headers : 0,
        .header_count = p->elf.header_count,
    };
    enum err err = program_map(p, mm, base);
    if (err == ERR_OK)
        err = map_stack(mm, p->elf.stack_exec, &stack_top, &below);
    if (err == ERR_OK)
        err = vdso_map(mm, below - chance(VDSO_CHANCE), &facts.vdso);
    if (err != ERR_OK)
        return err;
    mm_set_brk_start(mm, base + p->elf.high + chance(BRK_CHANCE));
    out->entry = (uaddr_t){facts.entry};
    if (interpreter != nullptr)
        err = map_interpreter(interpreter, mm, &facts.interpreter_base, &out->entry.raw);
    return err == ERR_OK ? stack_write(mm, stack_top, r, &facts, &out->sp) : err;
}

static enum err load_program(const struct exec_request *r, struct entry *file,
                             struct exec_image *out)
{
    struct program p = {.inode = entry_inode(file)};
    struct entry *interpreter;
    struct vm_space *before;
    enum err err = program_begin(&p);
    if (err != ERR_OK)
        goto free_program;
    err = find_interpreter(r, &p, &interpreter);
    if (err != ERR_OK)
        goto free_program;
    err = mm_create(&out->mm);
    if (err != ERR_OK)
        goto put_interpreter;
    // Its memory is written as a program's is: by user addresses.
    before = task_space();
    task_set_space(mm_space(out->mm));
    err = fill(r, &p, interpreter, out);
    task_set_space(before);
    if (err != ERR_OK)
        mm_put(out->mm);

put_interpreter:
    entry_put(interpreter);
free_program:
    program_free(&p);
    return err;
}

// ---- scripts -----------------------------------------------------------------------------------

// Turns a script's arguments into those of its interpreter, which `*file` is then; its reference is
// the caller's. `path` is the script's.
static enum err interpret(const struct exec_request *r, struct cspan head,
                          struct exec_strings *path, struct entry **file)
{
    struct exec_strings first = {};
    struct script s;
    enum err err = script_parse(head, &s);
    if (err == ERR_OK)
        err = exec_strings_add(&first, s.interpreter);
    if (err == ERR_OK && cspan_len(s.argument) > 0)
        err = exec_strings_add(&first, s.argument);
    first.argc = cspan_len(s.argument) > 0 ? 3 : 2;
    struct cspan script = exec_strings_all(path);
    if (err == ERR_OK)
        err = exec_strings_add(&first, cspan_sub(script, 0, cspan_find(script, 0)));
    if (err == ERR_OK)
        err = exec_strings_replace(r->strings, min_u64(r->strings->argc, 1), &first);
    // The interpreter may be a script, whose path this is then.
    path->len = 0;
    if (err == ERR_OK)
        err = exec_strings_add(path, s.interpreter);
    if (err == ERR_OK)
        err = find_file(r, s.interpreter, file);
    exec_strings_free(&first);
    return err;
}

// Finds what is to be loaded: the file, or a script's interpreter. With a reference.
static enum err find_program(const struct exec_request *r, struct entry **out)
{
    struct exec_strings path = {};
    struct entry *file = r->file;
    uint8_t head[SCRIPT_HEAD_SIZE];
    enum err err = exec_strings_add(&path, r->name);
    entry_get(file);
    for (uint32_t scripts = 0; err == ERR_OK; scripts++) {
        size_t len;
        struct entry *script = file;
        err = program_read(entry_inode(file), 0, SPAN_OF(head), &len);
        struct cspan bytes = cspan_sub(CSPAN_OF(head), 0, len);
        if (err != ERR_OK || !script_begins(bytes))
            break;
        err = scripts < SCRIPTS_MAX ? interpret(r, bytes, &path, &file) : ERR_LOOP;
        if (err == ERR_OK)
            entry_put(script);
    }
    exec_strings_free(&path);
    if (err == ERR_OK)
        *out = file;
    else
        entry_put(file);
    return err;
}

// ---- both --------------------------------------------------------------------------------------

// What is behind the last slash.
static struct cspan last_part(struct cspan path)
{
    for (size_t slash; (slash = cspan_find(path, '/')) < cspan_len(path);)
        path = cspan_sub(path, slash + 1, cspan_len(path) - slash - 1);
    return path;
}

enum err exec_load(const struct exec_request *r, struct exec_image *out)
{
    struct entry *file;
    enum err err = program_check(entry_inode(r->file));
    if (err == ERR_OK)
        err = find_program(r, &file);
    if (err != ERR_OK)
        return err;
    *out = (struct exec_image){.exe = file, .name = last_part(r->name)};
    err = inode_open_executing(entry_inode(file));
    if (err != ERR_OK)
        goto put_file;
    err = load_program(r, file, out);
    if (err != ERR_OK)
        goto close_file;
    return ERR_OK;

close_file:
    inode_close_executing(entry_inode(file));
put_file:
    entry_put(file);
    return err;
}

struct entry *exec_file_get(struct entry *exe)
{
    // Whoever has it executes it, so that nobody writes to it.
    must(inode_open_executing(entry_inode(exe)));
    entry_get(exe);
    return exe;
}

void exec_file_put(struct entry *exe)
{
    inode_close_executing(entry_inode(exe));
    entry_put(exe);
}

void exec_image_put(struct exec_image *image)
{
    mm_put(image->mm);
    exec_file_put(image->exe);
}
