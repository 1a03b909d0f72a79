// SPDX-License-Identifier: Apache-2.0
// Prints docs/compatibility.md: what the table says of each system call. Fails if a PARTIAL note is
// empty.
#include <stdio.h>
#include <string.h>

enum state {
    STATE_FULL,
    STATE_PARTIAL,
    STATE_NONE
};

struct row {
    int number;
    const char *name, *note;
    enum state state;
};

#define FULL(number, name, arguments) {number, #name, "", STATE_FULL},
#define PARTIAL(number, name, arguments, note) {number, #name, note, STATE_PARTIAL},
#define NONE(number, name, arguments) {number, #name, "", STATE_NONE},
static const struct row rows[] = {
#include "kernel/linux/syscall/table.def"
};

constexpr size_t ROWS = sizeof(rows) / sizeof(rows[0]);

static size_t count(enum state state)
{
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++)
        n += rows[i].state == state;
    return n;
}

static bool check(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].state == STATE_PARTIAL && strlen(rows[i].note) == 0) {
            fprintf(stderr, "table.def: %s is PARTIAL and says not why\n", rows[i].name);
            return false;
        }
        if (i > 0 && rows[i].number <= rows[i - 1].number) {
            fprintf(stderr, "table.def: %s is out of order\n", rows[i].name);
            return false;
        }
    }
    return true;
}

int main(void)
{
    if (!check())
        return 1;
    printf("# System calls\n\n"
           "Made from `kernel/linux/syscall/table.def` by `./bazelw run "
           "//kernel/linux/syscall:write_page`.\n\n"
           "Of %zu calls, %zu are whole and %zu are there in part; what is missing of these is an "
           "error to\n"
           "the program. The other %zu answer ENOSYS.\n\n"
           "| number | call | | what is missing |\n|---|---|---|---|\n",
           ROWS, count(STATE_FULL), count(STATE_PARTIAL), count(STATE_NONE));
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].state != STATE_NONE)
            printf("| %d | %s | %s | %s |\n", rows[i].number, rows[i].name,
                   rows[i].state == STATE_FULL ? "whole" : "part", rows[i].note);
    }
    printf("\nNot there:");
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].state == STATE_NONE)
            printf(" %s", rows[i].name);
    }
    printf(".\n");
    return 0;
}
