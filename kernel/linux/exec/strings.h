// SPDX-License-Identifier: Apache-2.0
// What a program is started with: arguments, then environment, each string with its zero, one
// behind the other.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

// The most bytes that they may have together, and one alone (execve(2), "Limits on size of
// arguments and environment": a quarter of the stack's usual limit).
constexpr size_t EXEC_STRINGS_MAX = 2 * MIB, EXEC_STRING_MAX = 128 * KIB;

struct exec_strings {
    struct byte_array bytes;
    size_t len;
    uint32_t argc, envc;
};

void exec_strings_free(struct exec_strings *s);

// Room for a string of at most `size` bytes, with its zero, behind what is there; what is written
// to it counts once exec_strings_take says how long it is. ERR_2BIG, ERR_NOMEM.
enum err exec_strings_room(struct exec_strings *s, size_t size, struct span *room);
void exec_strings_take(struct exec_strings *s, size_t len);

// Adds a string, which has no zero. ERR_2BIG, ERR_NOMEM.
enum err exec_strings_add(struct exec_strings *s, struct cspan text);

// Replaces the first `count` arguments by others. ERR_2BIG, ERR_NOMEM.
enum err exec_strings_replace(struct exec_strings *s, uint32_t count,
                              const struct exec_strings *by);

// All of them; and the first, without its zero.
struct cspan exec_strings_all(const struct exec_strings *s);

C_END
