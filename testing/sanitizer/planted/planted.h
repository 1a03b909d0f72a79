// SPDX-License-Identifier: Apache-2.0
// Bugs, planted to be found: the word bug=NAME of the command line chooses one. A kernel that goes
// on after it says so.
#pragma once
#include "kernel/frame/base/types.h"

struct planted {
    const char *name;
    void (*commit)(void);
};

// One list for each file; a null name ends it.
extern const struct planted planted_memory[], planted_races[], planted_undefined[], planted_locks[];
