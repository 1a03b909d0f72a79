// SPDX-License-Identifier: Apache-2.0
// The tables that a kernel's second link puts into the image, written as assembly to standard
// output. They lie behind all code and hold no addresses of their own, so that they change
// nothing that they speak of.
#pragma once
#include "toolchain/image/elf.h"

// Every function and source line by address: kernel/frame/console/ksyms.h. Reads the disassembly
// from standard input.
void ksyms_write(const struct elf *e);

// Every place that holds an address of the kernel: boot/relocs.h.
void relocs_write(const struct elf *e);
