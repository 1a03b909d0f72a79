// SPDX-License-Identifier: Apache-2.0
// Program files: whatever they hold, what the loader is told is consistent.
#include "kernel/linux/elf/elf.h"
#include "testing/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_program p;
    struct cspan file = cspan_make(data, size);
    if (elf_begin(file, size, &p) != ERR_OK)
        return 0;
    if (elf_take_table(&p, cspan_sub(file, p.headers_at, p.headers_size)) != ERR_OK)
        return 0;
    CHECK(p.low < p.high && p.low % PAGE_SIZE == 0 && p.high % PAGE_SIZE == 0);
    CHECK(p.high <= USER_END && p.header_count > 0);
    CHECK(p.interpreter_at <= size && p.interpreter_size <= size - p.interpreter_at);
    struct elf_segment s;
    uint64_t low = UINT64_MAX, high = 0;
    for (uint16_t i = 0; elf_next_segment(&p, &i, &s);) {
        CHECK(s.start < s.end && s.start % PAGE_SIZE == 0 && s.end % PAGE_SIZE == 0);
        CHECK(s.start <= s.file_end && s.file_end <= s.end);
        CHECK(s.file_page * PAGE_SIZE + (s.file_end - s.start) <= size || s.file_end == s.start ||
              s.file_end % PAGE_SIZE == 0);
        low = s.start < low ? s.start : low;
        high = s.end > high ? s.end : high;
    }
    CHECK(low == p.low && high == p.high);
    return 0;
}
