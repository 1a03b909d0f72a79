// SPDX-License-Identifier: Apache-2.0
// Scripts (execve(2), "Interpreter scripts"). exec/'s own header. Pure.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

// How much of a file is looked at.
constexpr size_t SCRIPT_HEAD_SIZE = 256;

struct script {
    struct cspan interpreter, argument; // the latter is empty if there is none
};

bool script_begins(struct cspan head);

// Reads the first line of a script. ERR_NOEXEC: it names no interpreter, or not all of its name is
// there.
enum err script_parse(struct cspan head, struct script *out);

C_END
