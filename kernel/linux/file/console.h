// SPDX-License-Identifier: Apache-2.0
// The console as a file. The launcher may have it carry three streams (the command line's
// `console=framed`): then byte 10 (DLE) begins a pair of bytes. Pairs with `1` and `2` say that
// what follows is standard output or standard error, and one with another DLE is that byte. One with
// `r` asks for standard input, which does not come before, and one with `e` is its end.
#pragma once
#include "kernel/linux/file/file.h"

C_BEGIN

// Reads the command line. Once, before there are files.
void console_init(void);

const struct file_ops *console_ops(void);

// The same, but that what is written is standard error.
const struct file_ops *console_error_ops(void);

C_END
