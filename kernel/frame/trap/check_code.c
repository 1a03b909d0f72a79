// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/trap/check.h"

#define TEXT(n, function, text) [n] = text,
static const char *const texts[] = {CHECKS(TEXT)};

static const char *name_of(unsigned number)
{
    const char *text = number < sizeof(texts) / sizeof(texts[0]) ? texts[number] : nullptr;
    return text != nullptr ? text : "check of an unknown kind";
}

// UD1 with the address-size prefix, its operand N(%eax), or (%eax) for 0 (SDM Vol. 2B, UD).
const char *check_of_code(const uint8_t code[CHECK_CODE_SIZE])
{
    if (code[0] != 0x67 || code[1] != 0x0f || code[2] != 0xb9)
        return nullptr;
    if (code[3] == 0x00)
        return name_of(0);
    return code[3] == 0x40 ? name_of(code[4]) : nullptr;
}
