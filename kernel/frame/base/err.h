// SPDX-License-Identifier: Apache-2.0
// The one error type. Values are Linux's errno values, negated, so that a service returns
// them from a system call as they are.
#pragma once
#include "kernel/frame/base/cdefs.h"

C_BEGIN

enum [[nodiscard]] err : int {
    ERR_OK = 0,
    ERR_PERM = -1,
    ERR_NOENT = -2,
    ERR_INTR = -4,
    ERR_IO = -5,
    ERR_BADF = -9,
    ERR_AGAIN = -11,
    ERR_NOMEM = -12,
    ERR_ACCES = -13,
    ERR_FAULT = -14,
    ERR_BUSY = -16,
    ERR_EXIST = -17,
    ERR_INVAL = -22,
    ERR_NOSYS = -38,
    ERR_OVERFLOW = -75,
    ERR_TIMEDOUT = -110,
};

// The symbolic name without its prefix ("NOMEM"), or "?" for a value that is none of ours.
const char *err_name(enum err e);

C_END
