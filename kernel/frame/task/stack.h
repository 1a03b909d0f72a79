// SPDX-License-Identifier: Apache-2.0
// Kernel stacks. A few that tasks have left are kept: unmapping one means asking every CPU.
#pragma once
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/vmm/kva.h"

C_BEGIN

constexpr size_t STACK_PAGES = 4 * STACK_SCALE;

// A stack with guard pages; its contents may be its last owner's. ERR_NOMEM. May sleep.
enum err stack_alloc(struct kva **out);
void stack_free(struct kva *stack);

C_END
