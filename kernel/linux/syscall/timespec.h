// SPDX-License-Identifier: Apache-2.0
// Times as programs pass them. The room's own.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

constexpr uint64_t SECOND_NS = 1'000'000'000;

// Reads a struct timespec; what is longer than clocks run is for ever. ERR_FAULT. ERR_INVAL: it is
// negative, or its nanoseconds are a second or more.
enum err timespec_read(struct thread *t, uint64_t at, uint64_t *ns);

C_END
