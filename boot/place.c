// SPDX-License-Identifier: Apache-2.0
#include "boot/place.h"

constexpr uint64_t TABLE = 512; // entries

struct place place_choose(uint64_t random_image, uint64_t random_direct)
{
    constexpr uint64_t first_image = PLACE_IMAGE_ENTRIES, last_image = TABLE - 9;
    constexpr uint64_t first_direct = PLACE_DIRECT_ENTRIES, last_direct = TABLE - 4;
    // 2 GiB of image addresses are two tables; the lower half of the direct map's region is 64.
    uint64_t image = (random_image >> 63) * TABLE + first_image +
                     (random_image & INT64_MAX) % (last_image - first_image + 1);
    uint64_t direct = (random_direct >> 58) * TABLE + first_direct +
                      (random_direct << 6 >> 6) % (last_direct - first_direct + 1);
    return (struct place){image * 2 * MIB, direct * GIB};
}
