// SPDX-License-Identifier: Apache-2.0
// Code that the kernel maps into every program, so that it need not call to know the time
// (vdso(7)): an ELF image, and before it a page that the kernel writes and programs read (data.h).
// vdso=0 on the command line leaves it out.
#pragma once
#include "kernel/frame/frame.h"
#include "kernel/linux/mm/mm.h"

C_BEGIN

// Makes what all programs share. Once, before the first program. ERR_NOMEM: no program can start.
enum err vdso_init(void);

// Maps it into `mm` so that it ends at `below`, page-aligned, or else anywhere, and says where the
// image begins; 0: there is none. ERR_NOMEM. Task context, may sleep.
enum err vdso_map(struct mm *mm, uint64_t below, uint64_t *image);

// A program has made a call to know the time, and the time has been read. The first time this tells
// the vDSO how: finding out how fast the counter runs may take long, and many programs never ask.
void vdso_clock_asked(void);

// The real-time clock has been set.
void vdso_clock_changed(void);

C_END
