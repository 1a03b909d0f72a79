// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/exec/script.h"

bool script_begins(struct cspan head) { return cspan_starts_with(head, SPAN_TEXT("#!")); }

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t'; }

static struct cspan trim(struct cspan text)
{
    size_t start = 0, end = cspan_len(text);
    while (start < end && is_blank(cspan_u8(text, start)))
        start++;
    while (end > start && is_blank(cspan_u8(text, end - 1)))
        end--;
    return cspan_sub(text, start, end - start);
}

enum err script_parse(struct cspan head, struct script *out)
{
    size_t end = min_u64(cspan_find(head, '\n'), cspan_find(head, 0));
    bool cut = end == SCRIPT_HEAD_SIZE;
    struct cspan line = trim(cspan_sub(head, 2, end - 2));
    size_t len = min_u64(cspan_find(line, ' '), cspan_find(line, '\t'));
    out->interpreter = cspan_sub(line, 0, len);
    out->argument = trim(cspan_sub(line, len, cspan_len(line) - len));
    // A name that goes up to where looking ends may go on; an argument that does is cut.
    bool name_cut = cut && len == cspan_len(line) && !is_blank(cspan_u8(head, end - 1));
    return len == 0 || name_cut ? ERR_NOEXEC : ERR_OK;
}
