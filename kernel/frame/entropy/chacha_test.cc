// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/entropy/chacha.h"
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <string>

namespace
{

std::string bytes(std::initializer_list<uint8_t> head, size_t size)
{
    std::string s(size, '\0');
    std::copy(head.begin(), head.end(), s.begin());
    return s;
}

std::string counting(size_t size)
{
    std::string s;
    for (size_t i = 0; i < size; i++)
        s += static_cast<char>(i);
    return s;
}

// The block in hexadecimal.
std::string block(const std::string &key, uint32_t counter, const std::string &nonce)
{
    std::array<uint32_t, 8> k;
    std::array<uint32_t, 3> n;
    std::array<uint8_t, CHACHA_BLOCK> out;
    memcpy(k.data(), key.data(), 32);
    memcpy(n.data(), nonce.data(), 12);
    chacha_block(k.data(), counter, n.data(), out.data());
    std::string hex;
    for (uint8_t b : out) {
        hex += "0123456789abcdef"[b >> 4];
        hex += "0123456789abcdef"[b & 15];
    }
    return hex;
}

const std::string ZERO_KEY(32, '\0'), ZERO_NONCE(12, '\0');

// RFC 8439, "Test Vector for the ChaCha20 Block Function".
TEST(Chacha, block_function_of_the_rfc)
{
    EXPECT_EQ(block(counting(32), 1, bytes({0, 0, 0, 9, 0, 0, 0, 0x4a}, 12)),
              "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
              "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
}

// RFC 8439, appendix "The ChaCha20 Block Functions", numbers 1 to 5.
TEST(Chacha, zero_key_and_nonce)
{
    EXPECT_EQ(block(ZERO_KEY, 0, ZERO_NONCE),
              "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
              "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
}

TEST(Chacha, counter_counts)
{
    EXPECT_EQ(block(ZERO_KEY, 1, ZERO_NONCE),
              "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
              "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

TEST(Chacha, last_byte_of_the_key)
{
    std::string key = ZERO_KEY;
    key[31] = 1;
    EXPECT_EQ(block(key, 1, ZERO_NONCE),
              "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
              "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
}

TEST(Chacha, second_byte_of_the_key)
{
    EXPECT_EQ(block(bytes({0, 0xff}, 32), 2, ZERO_NONCE),
              "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
              "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096");
}

TEST(Chacha, last_byte_of_the_nonce)
{
    std::string nonce = ZERO_NONCE;
    nonce[11] = 2;
    EXPECT_EQ(block(ZERO_KEY, 0, nonce),
              "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
              "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d");
}

} // namespace
