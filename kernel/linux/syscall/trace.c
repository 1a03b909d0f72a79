// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/syscall/trace.h"

static struct {
    bool on;
    uint64_t pid;      // 0: every process's
    struct cspan name; // empty: every call
} wanted;

bool trace_configure(struct cspan value)
{
    struct cspan word = SPAN_TEXT("syscalls");
    if (!cspan_starts_with(value, word))
        return false;
    size_t len = cspan_len(value), at = cspan_len(word);
    wanted.on = true;
    if (at == len)
        return true;
    if (cspan_u8(value, at) != ':' || at + 1 == len)
        return wanted.on = false;
    struct cspan which = cspan_sub(value, at + 1, len - at - 1);
    for (size_t i = 0; i < cspan_len(which); i++) {
        uint8_t digit = (uint8_t)(cspan_u8(which, i) - '0');
        if (digit > 9) {
            wanted.pid = 0;
            wanted.name = which;
            break;
        }
        wanted.pid = wanted.pid * 10 + digit;
    }
    return true;
}

bool trace_wants(uint64_t pid, const char *name)
{
    if (!wanted.on || (wanted.pid != 0 && wanted.pid != pid))
        return false;
    return cspan_len(wanted.name) == 0 ||
           (name != nullptr && cspan_equal(cspan_of_string(name), wanted.name));
}

// A line under construction.
struct line {
    uint8_t text[256];
    size_t len;
};

static struct span rest(struct line *l)
{
    return span_sub(SPAN_OF(l->text), l->len, sizeof(l->text) - l->len);
}

// A string of the program's, cut like strace(1)'s. Only what is there already: tracing changes
// nothing.
static void add_string(struct line *l, uint64_t at)
{
    uint8_t text[33];
    size_t done = 0;
    struct vm_reader reader;
    struct vm_writer writer = vm_writer_to(SPAN_OF(text));
    if (vm_space_reader(task_space(), (uaddr_t){at}, sizeof(text), &reader) == ERR_OK &&
        vm_copy(&writer, &reader, &done) != ERR_OK && done == 0) {
        l->len += fmt_span(rest(l), "0x%lx", at);
        return;
    }
    size_t len = min_u64(cspan_find(cspan_sub(CSPAN_OF(text), 0, done), 0), sizeof(text) - 1);
    l->len += fmt_span(rest(l), "\"");
    for (size_t i = 0; i < len; i++) {
        bool plain = text[i] >= ' ' && text[i] < 0x7f && text[i] != '"' && text[i] != '\\';
        l->len += fmt_span(rest(l), plain ? "%c" : "\\%o", text[i]);
    }
    l->len += fmt_span(rest(l), len == sizeof(text) - 1 ? "\"..." : "\"");
}

static void add_argument(struct line *l, uint8_t kind, uint64_t value)
{
    switch (kind) {
    case 'd':
        l->len += fmt_span(rest(l), "%d", (int)value);
        break;
    case 'u':
        l->len += fmt_span(rest(l), "%lu", value);
        break;
    case 'o':
        l->len += fmt_span(rest(l), "0%lo", value);
        break;
    case 's':
        if (value != 0) {
            add_string(l, value);
            break;
        }
        [[fallthrough]];
    case 'p':
        if (value == 0) {
            l->len += fmt_span(rest(l), "NULL");
            break;
        }
        [[fallthrough]];
    default:
        l->len += fmt_span(rest(l), value == 0 ? "0" : "0x%lx", value);
        break;
    }
}

void trace_call(uint64_t pid, uint64_t nr, const char *name, const char *arguments,
                const struct sys_args *a)
{
    struct line l = {};
    struct cspan kinds = cspan_of_string(arguments);
    if (name != nullptr)
        l.len = fmt_span(rest(&l), "[%lu] %s(", pid, name);
    else
        l.len = fmt_span(rest(&l), "[%lu] syscall_%lu(", pid, nr);
    for (size_t i = 0; i < cspan_len(kinds); i++) {
        if (i > 0)
            l.len += fmt_span(rest(&l), ", ");
        add_argument(&l, cspan_u8(kinds, i), a->arg[i]);
    }
    l.len += fmt_span(rest(&l), ")\n");
    console_write(cspan_sub(CSPAN_OF(l.text), 0, l.len));
}

void trace_result(uint64_t pid, const char *name, sysret_t result)
{
    const char *call = name != nullptr ? name : "?";
    if (result < 0 && result >= -4095)
        kprintf("[%lu] %s = -1 E%s\n", pid, call, err_name((enum err)result));
    else
        kprintf("[%lu] %s = 0x%lx\n", pid, call, (uint64_t)result);
}
