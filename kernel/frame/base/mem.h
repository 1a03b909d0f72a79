// SPDX-License-Identifier: Apache-2.0
// The four memory functions of C. The compiler calls them by these names for structure
// copies and the like, so a kernel must have them. For the frame; services use spans.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include <stddef.h>

C_BEGIN

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *at, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

C_END
