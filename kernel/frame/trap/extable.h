// SPDX-License-Identifier: Apache-2.0
// The exception table: instructions that may fault, and where to go on if they do. Assembly
// adds entries with MAY_FAULT (arch/x86_64/entry.S).
#pragma once
#include "kernel/frame/base/types.h"

// If the instruction at `*rip` may fault, sets `*rip` to where to go on and returns true.
bool extable_fixup(uint64_t *rip);

// Whether the invalid instruction at `rip` is where a call through a pointer stops if the function
// is not of the pointer's type. (The compiler keeps the table.)
bool extable_is_call_check(uint64_t rip);
