// SPDX-License-Identifier: Apache-2.0
// Starts the first process. Boot modules that are cpio archives are the first files; another is the
// program. Without one the program is a file of the archives, or Hello World. What follows "--" on
// the command line are its name, which is its path, and its arguments; %XX in them is a byte, and %
// alone an empty word. Without any it is /init.
#include "kernel/linux/file/console.h"
#include "kernel/linux/fs/cpio.h"
#include "kernel/linux/init/files.h"
#include "kernel/linux/syscall/syscall.h"
#include "kernel/linux/vdso/vdso.h"

static const uint8_t builtin[] = {
#embed "userprogs/hello"
};

// As a shell says that a program cannot be run.
constexpr int STATUS_NOT_EXECUTABLE = 126;

static uint32_t hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10u : 16;
}

// The byte that `text` begins with, in so many characters; 0: none.
static size_t take_byte(struct cspan text, uint8_t *byte)
{
    *byte = cspan_u8(text, 0);
    if (*byte != '%')
        return 1;
    if (cspan_len(text) < 3)
        return 0;
    uint32_t high = hex_digit(cspan_u8(text, 1)), low = hex_digit(cspan_u8(text, 2));
    *byte = (uint8_t)(high << 4 | low);
    return high < 16 && low < 16 ? 3 : 0;
}

// Takes a word's bytes down. A boot command line is shorter than there is room for.
static enum err add(struct exec_strings *s, struct cspan text)
{
    uint8_t bytes[2048];
    size_t len = 0, taken;
    for (size_t at = 0; at < cspan_len(text); at += taken) {
        taken = take_byte(cspan_sub(text, at, cspan_len(text) - at), &ELEM(bytes, len));
        if (taken == 0)
            break;
        len++;
    }
    return exec_strings_add(s, cspan_sub(CSPAN_OF(bytes), 0, len));
}

// The command line's word that begins at or behind `*at`. False if there is none.
static bool next_word(struct cspan line, size_t *at, struct cspan *word)
{
    size_t start = *at, len = cspan_len(line);
    while (start < len && cspan_u8(line, start) == ' ')
        start++;
    struct cspan rest = cspan_sub(line, start, len - start);
    *word = cspan_sub(rest, 0, cspan_find(rest, ' '));
    *at = start + cspan_len(*word);
    return cspan_len(*word) > 0;
}

static enum err add_arguments(struct exec_strings *s)
{
    struct cspan word;
    enum err err = ERR_OK;
    bool behind = false;
    for (size_t at = 0; err == ERR_OK && next_word(boot_cmdline(), &at, &word);) {
        if (behind) {
            err = add(s, word);
            s->argc++;
        }
        behind = behind || cspan_equal(word, SPAN_TEXT("--"));
    }
    if (s->argc > 0)
        return err;
    s->argc = 1;
    return exec_strings_add(s, SPAN_TEXT("/init"));
}

// As Linux's first process has it.
static enum err add_environment(struct exec_strings *s)
{
    s->envc = 2;
    enum err err = exec_strings_add(s, SPAN_TEXT("HOME=/"));
    return err == ERR_OK ? exec_strings_add(s, SPAN_TEXT("TERM=linux")) : err;
}

// The first module that is no archive.
static bool find_program_module(struct cspan *bytes)
{
    for (size_t i = 0; i < boot_module_count(); i++) {
        *bytes = boot_module(i);
        if (!cpio_begins(*bytes))
            return true;
    }
    return false;
}

// Has the program among the files, under its name.
static enum err enter_program(struct cspan path)
{
    struct cspan bytes;
    struct entry *e;
    struct walk walk = {entry_tree.root, entry_tree.root, path, true};
    if (find_program_module(&bytes))
        return files_enter_program(path, bytes);
    if (boot_module_count() == 0)
        return files_enter_program(path, CSPAN_OF(builtin));
    enum err err = walk_find(&walk, &e);
    if (err == ERR_OK)
        entry_put(e);
    return err;
}

static enum err load(struct exec_strings *strings, struct exec_image *image)
{
    struct cspan all = exec_strings_all(strings);
    struct cspan path = cspan_sub(all, 0, cspan_find(all, 0));
    struct exec_request r = {
        .name = path, .strings = strings, .root = entry_tree.root, .working = entry_tree.root};
    struct walk walk = {entry_tree.root, entry_tree.root, path, true};
    enum err err = enter_program(path);
    if (err == ERR_OK)
        err = walk_find(&walk, &r.file);
    if (err != ERR_OK)
        return err;
    err = exec_load(&r, image);
    entry_put(r.file);
    return err;
}

static enum err start(void)
{
    struct exec_strings strings = {};
    struct exec_image image;
    struct descriptors *files;
    struct places *places;
    enum err err = add_arguments(&strings);
    if (err == ERR_OK)
        err = add_environment(&strings);
    if (err == ERR_OK)
        err = load(&strings, &image);
    if (err == ERR_OK)
        err = files_open_standard(&files);
    if (err == ERR_OK)
        err = places_create(&places);
    if (err == ERR_OK)
        err = process_start_first(&image, files, places);
    exec_strings_free(&strings);
    return err;
}

void kernel_main(void)
{
    syscall_init();
    console_init();
    enum err err = files_init();
    if (err == ERR_OK)
        err = vdso_init();
    if (err == ERR_OK)
        err = start();
    if (err != ERR_OK) {
        kprintf("keel: the program cannot be started: %s\n",
                err == ERR_NOEXEC  ? "it is not an ELF program for x86-64"
                : err == ERR_NOENT ? "it, or the interpreter that it asks for, is not there"
                                   : err_name(err));
        power_off(STATUS_NOT_EXECUTABLE);
    }
}
