// SPDX-License-Identifier: Apache-2.0
#include "toolchain/image/lines.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

[[noreturn]] static void die(const char *what, const char *why)
{
    fprintf(stderr, "tables: %s: %s\n", what, why);
    exit(1);
}

static unsigned file_number(struct lines *l, const char *name)
{
    for (unsigned i = 0; i < l->file_count; i++) {
        if (strcmp(l->files[i], name) == 0)
            return i;
    }
    if (l->file_count == FILES_MAX)
        die(name, "is one source file too many");
    l->files[l->file_count] = strdup(name);
    return l->file_count++;
}

static void add_line(struct lines *l, struct line next)
{
    if (l->count > 0 && l->list[l->count - 1].number == next.number &&
        l->list[l->count - 1].file == next.file)
        return;
    if (l->count == l->room) {
        l->room = l->room * 2 + 1024;
        l->list = realloc(l->list, l->room * sizeof(*l->list));
        if (l->list == nullptr)
            die("standard input", "is too large");
    }
    l->list[l->count++] = next;
}

// A line of the disassembly "; FILE:NUMBER" comes before the first instruction of a source
// line, "ADDRESS:" begins an instruction.
void lines_read(struct lines *l, uint64_t base, uint64_t end)
{
    char text[4096];
    struct line now = {};
    bool known = false;
    while (fgets(text, sizeof(text), stdin) != nullptr) {
        char *colon = strrchr(text, ':'), *rest;
        if (strncmp(text, "; ", 2) == 0 && colon != nullptr) {
            unsigned long number = strtoul(colon + 1, &rest, 10);
            if (rest == colon + 1 || number > UINT16_MAX)
                continue;
            *colon = 0;
            const char *file = text + 2;
            while (strncmp(file, "./", 2) == 0)
                file += 2;
            now.number = (unsigned)number;
            now.file = file_number(l, file);
            known = true;
            continue;
        }
        now.address = strtoull(text, &rest, 16);
        if (*rest == ':' && known && now.address >= base && now.address < end)
            add_line(l, now);
    }
}

void lines_free(struct lines *l)
{
    for (unsigned i = 0; i < l->file_count; i++)
        free(l->files[i]);
    free(l->list);
}
