// SPDX-License-Identifier: Apache-2.0
// ChaCha20's block function (RFC 8439, "The ChaCha20 Block Function"). Pure; leaves nothing of the
// key on the stack.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

constexpr size_t CHACHA_BLOCK = 64; // bytes

void chacha_block(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3],
                  uint8_t out[CHACHA_BLOCK]);

// Wipes what is not used any more, which the compiler would leave out as useless.
static inline void chacha_forget(void *at, size_t n)
{
    __builtin_memset(at, 0, n);
    __asm__ volatile("" ::"r"(at) : "memory");
}

C_END
