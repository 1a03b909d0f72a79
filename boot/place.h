// SPDX-License-Identifier: Apache-2.0
// Where the kernel lies in the address space: at random (KASLR), unless the command line has the
// word nokaslr.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// Distances from the lowest places, which the image is linked for: multiples of 2 MiB and 1 GiB.
struct place {
    uint64_t image, direct;
};

// The entries of one boot page table that the image (2 MiB each) and the direct map (1 GiB each)
// take at the lowest place.
constexpr unsigned PLACE_IMAGE_ENTRIES = 8;
constexpr unsigned PLACE_DIRECT_ENTRIES = 4;

// One of 992 places for the image and of 32,320 for the direct map, by two random numbers. The last
// 2 MiB of addresses and what the direct map needs for its largest size stay free, and the entries
// at the new places are others than those at the lowest, also modulo 512: both can be in use at
// once with one table. Pure.
struct place place_choose(uint64_t random_image, uint64_t random_direct);

C_END
