// SPDX-License-Identifier: Apache-2.0
// For tests: physical memory as a loader leaves it, in a vector whose ends ASan guards.
#pragma once
#include "boot/boot_mem.h"
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

class FakeLoader
{
public:
    // Filled with something that is neither zero nor sensible.
    explicit FakeLoader(size_t size = 64 * KIB) : bytes_(size, 0xa5) {}

    void u8(uint64_t at, uint8_t v) { put(at, &v, 1); }
    void u16(uint64_t at, uint16_t v) { put(at, &v, 2); }
    void u32(uint64_t at, uint32_t v) { put(at, &v, 4); }
    void u64(uint64_t at, uint64_t v) { put(at, &v, 8); }

    // With a terminating zero.
    void string(uint64_t at, const std::string &s) { put(at, s.c_str(), s.size() + 1); }

    void put(uint64_t at, const void *from, size_t n)
    {
        ASSERT_LE(at + n, bytes_.size()) << "the test writes outside its memory";
        memcpy(&bytes_[at], from, n);
    }

    std::vector<uint8_t> &bytes() { return bytes_; }
    size_t size() const { return bytes_.size(); }
    struct boot_mem mem() const { return {cspan_make(bytes_.data(), bytes_.size())}; }

private:
    std::vector<uint8_t> bytes_;
};

// A boot_info with junk in it, as the parsers must be able to take.
inline std::unique_ptr<struct boot_info> junk_boot_info()
{
    auto info = std::make_unique<struct boot_info>();
    memset(static_cast<void *>(info.get()), 0xee, sizeof(*info));
    return info;
}

inline std::string cmdline_of(const struct boot_info &info)
{
    return std::string(info.cmdline, info.cmdline_len);
}

inline std::string name_of(const struct boot_module &m) { return std::string(m.name, m.name_len); }

using ranges = std::vector<std::pair<uint64_t, uint64_t>>;

inline ranges ranges_of(const struct boot_range *r, size_t count)
{
    ranges out;
    for (size_t i = 0; i < count; i++)
        out.emplace_back(r[i].start, r[i].end);
    return out;
}

inline ranges regions_of(const struct boot_info &info)
{
    return ranges_of(info.regions, info.region_count);
}

// What every parser promises about a boot_info without an error, whatever the loader left.
inline void expect_sound(const struct boot_info &info, size_t memory_size)
{
    ASSERT_NE(info.protocol, nullptr);
    ASSERT_LE(info.region_count, BOOT_REGIONS_MAX);
    for (size_t i = 0; i < info.region_count; i++) {
        const struct boot_range &r = info.regions[i];
        EXPECT_LT(r.start, r.end);
        EXPECT_EQ((r.start | r.end) & PAGE_MASK, 0u);
        EXPECT_TRUE(i == 0 || info.regions[i - 1].end < r.start) << "ascending and merged";
    }
    ASSERT_LE(info.module_count, BOOT_MODULES_MAX);
    for (size_t i = 0; i < info.module_count; i++) {
        EXPECT_LE(info.modules[i].range.start, info.modules[i].range.end);
        EXPECT_LE(info.modules[i].range.end, memory_size);
        EXPECT_LE(info.modules[i].name_len, BOOT_MODULE_NAME_MAX);
    }
    EXPECT_LE(info.cmdline_len, BOOT_CMDLINE_MAX);
}
