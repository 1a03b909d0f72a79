// SPDX-License-Identifier: Apache-2.0
// What a program has in the CPU that the kernel does not use: vector and floating-point registers,
// and the bases of FS and GS. It stays in the CPU while the kernel works for the program, and is
// saved when the CPU turns to another task.
//
#pragma once
#include "kernel/frame/base/span.h"

C_BEGIN

// An image as XSAVE makes it, in its standard form (SDM Vol. 1, "XSAVE Area"), with room for
// everything up to AVX-512.
constexpr size_t FPU_IMAGE_MAX = 2752;

constexpr size_t FXSAVE_SIZE = 512;

// What images are like on this machine. Set by user_state_init and user_state_enable.
struct user_state_kind {
    uint64_t xcr0; // the parts that XSAVE saves; 0: the CPU has FXSAVE only
    size_t fpu_size;
    uint32_t mxcsr_mask;
};
extern struct user_state_kind user_state_kind;

struct cpu_arch;

struct user_state {
    alignas(64) uint8_t fpu[FPU_IMAGE_MAX];
    uint64_t fs_base, gs_base; // canonical
    struct cpu_arch *loaded;   // atomic: the CPU that holds it; null: memory has it
};

// Finds out which registers there are. Boot CPU, once, before the others enable them.
void user_state_init(void);

// Switches them on. Each CPU.
void user_state_enable(void);

// Bytes of an image on this machine.
size_t user_state_fpu_size(void);

// As a program finds it at its start.
void user_state_reset(struct user_state *s);

// Puts it into this CPU; false if it is there already. Interrupts off. Panics if another CPU holds
// it: then two tasks run one program.
bool user_state_load(struct user_state *s);

// Brings to memory what is in this CPU, which then holds nobody's. Interrupts off.
void user_state_save(void);

// Brings `s` to memory if this CPU holds it. With `forget` it then holds nobody's, so that memory
// is what counts. Preemption off.
void user_state_sync(struct user_state *s, bool forget);

// Makes an image harmless that came from a program: XRSTOR would fault on bits that are not there.
void user_state_sanitize_fpu(struct user_state *s);

C_END
