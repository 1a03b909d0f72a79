// SPDX-License-Identifier: Apache-2.0
// What an image of the vector and floating-point registers says. Pure.
#include "kernel/frame/arch/x86_64/user_state.h"
#include "kernel/frame/base/mem.h"

// The header, behind the legacy part: which parts hold something, then the compact form's bits and
// reserved ones.
constexpr size_t IMAGE_HEADER = 512;
constexpr size_t IMAGE_HEADER_SIZE = 64;

// The control words of the legacy part, at their defaults.
constexpr size_t IMAGE_FCW = 0;
constexpr size_t IMAGE_MXCSR = 24;
constexpr uint16_t FCW_DEFAULT = 0x037f;
constexpr uint32_t MXCSR_DEFAULT = 0x1f80;

struct user_state_kind user_state_kind = {.fpu_size = FXSAVE_SIZE, .mxcsr_mask = 0xffbf};

size_t user_state_fpu_size(void) { return user_state_kind.fpu_size; }

void user_state_reset(struct user_state *s)
{
    *s = (struct user_state){};
    memcpy(&s->fpu[IMAGE_FCW], &FCW_DEFAULT, sizeof(FCW_DEFAULT));
    memcpy(&s->fpu[IMAGE_MXCSR], &MXCSR_DEFAULT, sizeof(MXCSR_DEFAULT));
}

void user_state_sanitize_fpu(struct user_state *s)
{
    uint32_t mxcsr;
    memcpy(&mxcsr, &s->fpu[IMAGE_MXCSR], sizeof(mxcsr));
    mxcsr &= user_state_kind.mxcsr_mask;
    memcpy(&s->fpu[IMAGE_MXCSR], &mxcsr, sizeof(mxcsr));

    uint64_t present;
    memcpy(&present, &s->fpu[IMAGE_HEADER], sizeof(present));
    present &= user_state_kind.xcr0;
    memset(&s->fpu[IMAGE_HEADER], 0, IMAGE_HEADER_SIZE);
    memcpy(&s->fpu[IMAGE_HEADER], &present, sizeof(present));
}
