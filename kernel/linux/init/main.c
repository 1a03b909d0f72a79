// SPDX-License-Identifier: Apache-2.0
// Starts the first process: the first boot module or, without one, Hello World. What follows "--"
// on the command line are its name and arguments; %XX in them is a byte, and % alone an empty word.
#include "kernel/linux/syscall/syscall.h"
#include "kernel/linux/vdso/vdso.h"

static const uint8_t builtin[] = {
#embed "userprogs/hello"
};

// As a shell says that a program cannot be run.
constexpr int STATUS_NOT_EXECUTABLE = 126;

// Strings, each with its zero.
struct strings {
    uint8_t bytes[4096];
    size_t len;
};

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

// A boot command line is shorter than the room for strings.
static void add(struct strings *s, struct cspan text)
{
    size_t taken;
    for (size_t at = 0; at < cspan_len(text); at += taken) {
        taken = take_byte(cspan_sub(text, at, cspan_len(text) - at), &ELEM(s->bytes, s->len));
        if (taken == 0)
            break;
        s->len++;
    }
    ELEM(s->bytes, s->len++) = 0;
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

static uint32_t add_arguments(struct strings *s)
{
    struct cspan word;
    uint32_t count = 0;
    bool behind = false;
    for (size_t at = 0; next_word(boot_cmdline(), &at, &word);) {
        if (behind) {
            add(s, word);
            count++;
        }
        behind = behind || cspan_equal(word, SPAN_TEXT("--"));
    }
    if (count > 0)
        return count;
    add(s, SPAN_TEXT("/init"));
    return 1;
}

void kernel_main(void)
{
    static struct strings strings;
    bool module = boot_module_count() > 0;
    struct exec_request request = {.file = module ? boot_module(0) : CSPAN_OF(builtin)};
    struct exec_image image;
    syscall_init();
    request.argc = add_arguments(&strings);
    request.strings = CSPAN_OF(strings.bytes);
    request.name = cspan_sub(request.strings, 0, cspan_find(request.strings, 0));
    // As Linux's first process has them.
    add(&strings, SPAN_TEXT("HOME=/"));
    add(&strings, SPAN_TEXT("TERM=linux"));
    request.envc = 2;
    request.strings = cspan_sub(request.strings, 0, strings.len);
    enum err err = vdso_init();
    if (err == ERR_OK)
        err = exec_load(&request, &image);
    if (err == ERR_OK)
        err = process_start_first(&image);
    if (err != ERR_OK) {
        kprintf("keel: the program cannot be started: %s\n",
                err == ERR_NOEXEC  ? "it is not an ELF program for x86-64"
                : err == ERR_NOENT ? "it asks for an interpreter, and there are no files yet"
                                   : err_name(err));
        power_off(STATUS_NOT_EXECUTABLE);
    }
}
