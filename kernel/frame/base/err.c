// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/err.h"

#define ERR_CASE(name, value)                                                                      \
    case ERR_##name:                                                                               \
        return #name;

const char *err_name(enum err e)
{
    switch (e) {
        ERRORS(ERR_CASE)
    case ERR_OK:
        return "OK";
    }
    return "?";
}
