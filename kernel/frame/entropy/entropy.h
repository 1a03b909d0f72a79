// SPDX-License-Identifier: Apache-2.0
// Random numbers. The second of the four doors through which chance enters the machine: nobody
// else asks the CPU for any.
//
// Each CPU has a stream of its own, forked from one seed: RDSEED or RDRAND where there, the time
// stamp counter, the date, and what the loader said. The word seed=N of the command line replaces
// all of these, and every byte is then determined by N, the CPU, and what has been drawn there.
//
// Any context from kernel_main on, interrupts too. Good for keys, unless seed=N is given or the CPU
// has neither instruction.
#pragma once
#include "kernel/frame/base/span.h"

C_BEGIN

// Fills `to` with random bytes.
void entropy_fill(struct span to);

uint64_t entropy_u64(void);

// A number below `n`, each as likely as any other. `n` is not zero (panics).
uint64_t entropy_below(uint64_t n);

// Mixes `data`, secret or not, into this CPU's stream; makes it no worse, whatever the data.
// Nothing happens under seed=N.
void entropy_add(struct cspan data);

// Whether seed=N decides everything.
bool entropy_is_fixed(void);

C_END
