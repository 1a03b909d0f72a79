// SPDX-License-Identifier: Apache-2.0
// The kernel command line: words separated by blanks, some of them "key=value". Later words
// win. No quoting. What follows the word "--" is a program's.
#pragma once
#include "kernel/frame/base/span.h"

C_BEGIN

// Finds the value of `key`. False if no word has that key; a word "key" alone has the empty
// value. `*value` points into `line`.
bool cmdline_find(struct cspan line, struct cspan key, struct cspan *value);

// The value of `key` as a decimal or 0x-hexadecimal number. False if there is none or it is
// no number below 2^64.
bool cmdline_find_u64(struct cspan line, struct cspan key, uint64_t *value);

C_END
