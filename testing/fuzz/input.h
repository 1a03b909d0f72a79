// SPDX-License-Identifier: Apache-2.0
// For fuzz targets: an input taken apart from its front. When nothing is left everything is zero.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                                           \
    ((condition) ? (void)0                                                                         \
                 : (fprintf(stderr, "check failed: %s (%s:%d)\n", #condition, __FILE__, __LINE__), \
                    abort()))

class Input
{
public:
    Input(const uint8_t *data, size_t size) : at_(data), left_(size) {}

    bool empty() const { return left_ == 0; }
    size_t left() const { return left_; }
    const uint8_t *rest() const { return at_; }

    uint8_t u8() { return static_cast<uint8_t>(take(1)); }
    uint16_t u16() { return static_cast<uint16_t>(take(2)); }
    uint32_t u32() { return static_cast<uint32_t>(take(4)); }
    uint64_t u64() { return take(8); }

    // One of 0 to n - 1, from as few bytes as that takes.
    uint64_t below(uint64_t n) { return take(n <= 1 ? 0 : n <= 256 ? 1 : n <= 65536 ? 2 : 8) % n; }

private:
    uint64_t take(size_t bytes)
    {
        uint64_t value = 0;
        for (size_t i = 0; i < bytes && left_ > 0; i++, left_--)
            value |= static_cast<uint64_t>(*at_++) << 8 * i;
        return value;
    }

    const uint8_t *at_;
    size_t left_;
};
