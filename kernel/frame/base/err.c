// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/err.h"

#define ERR_NAME(name, value) {ERR_##name, #name},
static const struct {
    enum err err;
    const char *name;
} names[] = {{ERR_OK, "OK"}, ERRORS(ERR_NAME)};

const char *err_name(enum err e)
{
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].err == e)
            return names[i].name;
    }
    return "?";
}
