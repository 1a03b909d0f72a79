// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/cmdline.h"

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\n'; }

// Cuts the next word off `*line`; false at the end.
static bool next_word(struct cspan *line, struct cspan *word)
{
    size_t start = 0;
    while (start < line->len && is_blank(line->bytes[start]))
        start++;
    size_t end = start;
    while (end < line->len && !is_blank(line->bytes[end]))
        end++;
    *word = cspan_sub(*line, start, end - start);
    *line = cspan_sub(*line, end, line->len - end);
    return word->len > 0;
}

bool cmdline_find(struct cspan line, struct cspan key, struct cspan *value)
{
    bool found = false;
    struct cspan word;
    while (next_word(&line, &word) && !cspan_equal(word, SPAN_TEXT("--"))) {
        if (!cspan_starts_with(word, key))
            continue;
        struct cspan rest = cspan_sub(word, key.len, word.len - key.len);
        if (rest.len > 0 && rest.bytes[0] != '=')
            continue;
        *value = rest.len > 0 ? cspan_sub(rest, 1, rest.len - 1) : rest;
        found = true;
    }
    return found;
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

bool cmdline_find_u64(struct cspan line, struct cspan key, uint64_t *value)
{
    struct cspan text;
    if (!cmdline_find(line, key, &text))
        return false;
    unsigned base = 10;
    if (cspan_starts_with(text, SPAN_TEXT("0x"))) {
        base = 16;
        text = cspan_sub(text, 2, text.len - 2);
    }
    if (text.len == 0)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)digit_value(text.bytes[i]);
        if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
            __builtin_add_overflow(v, digit, &v))
            return false;
    }
    *value = v;
    return true;
}
