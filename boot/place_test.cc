// SPDX-License-Identifier: Apache-2.0
#include "boot/place.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace
{

constexpr uint64_t IMAGE_MAX = PLACE_IMAGE_ENTRIES * 2 * MIB;

void expect_sound(struct place p)
{
    EXPECT_EQ(p.image % (2 * MIB), 0u);
    EXPECT_EQ(p.direct % GIB, 0u);
    // The image stays in the upper 2 GiB, and its last 2 MiB free.
    EXPECT_LE(p.image, 2 * GIB - 2 * MIB - IMAGE_MAX);
    EXPECT_LE(DIRECT_MAP_BASE + p.direct, KVA_START - DIRECT_MAP_SIZE);
    // The boot tables have both places in one table, without wrapping around.
    for (uint64_t i = 0; i < PLACE_IMAGE_ENTRIES; i++) {
        unsigned entry = pt_index(IMAGE_OFFSET + p.image + i * 2 * MIB, 2);
        EXPECT_EQ(entry, pt_index(IMAGE_OFFSET + p.image, 2) + i);
        EXPECT_GE(entry, PLACE_IMAGE_ENTRIES);
    }
    for (uint64_t i = 0; i < PLACE_DIRECT_ENTRIES; i++) {
        unsigned entry = pt_index(DIRECT_MAP_BASE + p.direct + i * GIB, 3);
        EXPECT_EQ(entry, pt_index(DIRECT_MAP_BASE + p.direct, 3) + i);
        EXPECT_GE(entry, PLACE_DIRECT_ENTRIES);
    }
}

TEST(Place, extremes_are_sound)
{
    for (uint64_t a : {uint64_t{0}, uint64_t{495}, uint64_t{496}, uint64_t{1} << 63, UINT64_MAX,
                       UINT64_MAX >> 1, (uint64_t{1} << 58) - 1}) {
        for (uint64_t b : {uint64_t{0}, uint64_t{504}, uint64_t{505}, uint64_t{63} << 58,
                           UINT64_MAX, (uint64_t{1} << 58) - 1})
            expect_sound(place_choose(a, b));
    }
}

TEST(Place, random_ones_are_sound_and_many)
{
    std::mt19937_64 random(5);
    std::set<uint64_t> images, directs;
    for (int i = 0; i < 300'000; i++) {
        struct place p = place_choose(random(), random());
        expect_sound(p);
        ASSERT_FALSE(HasFailure()) << std::hex << p.image << " " << p.direct;
        images.insert(p.image);
        directs.insert(p.direct);
    }
    EXPECT_EQ(images.size(), 992u) << "all of them";
    EXPECT_GT(directs.size(), 32'000u) << "nearly all of 32,320";
}

TEST(Place, the_two_are_chosen_independently)
{
    struct place a = place_choose(1, 2), b = place_choose(1, 3), c = place_choose(2, 2);
    EXPECT_EQ(a.image, b.image);
    EXPECT_NE(a.direct, b.direct);
    EXPECT_NE(a.image, c.image);
    EXPECT_EQ(a.direct, c.direct);
}

} // namespace
