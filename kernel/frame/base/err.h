// SPDX-License-Identifier: Apache-2.0
// The one error type. Values are Linux's errno values, negated, so that a service returns
// them from a system call as they are.
#pragma once
#include "kernel/frame/base/cdefs.h"

C_BEGIN

// Each with its number.
#define ERRORS(X)                                                                                  \
    X(PERM, -1)                                                                                    \
    X(NOENT, -2)                                                                                   \
    X(SRCH, -3) X(INTR, -4) X(IO, -5) X(NXIO, -6) X(2BIG, -7) X(NOEXEC, -8) X(BADF, -9)            \
        X(CHILD, -10) X(AGAIN, -11) X(NOMEM, -12) X(ACCES, -13) X(FAULT, -14) X(BUSY, -16)         \
            X(EXIST, -17) X(XDEV, -18) X(NODEV, -19) X(NOTDIR, -20) X(ISDIR, -21) X(INVAL, -22)    \
                X(NFILE, -23) X(MFILE, -24) X(NOTTY, -25) X(TXTBSY, -26) X(FBIG, -27)              \
                    X(NOSPC, -28) X(SPIPE, -29) X(ROFS, -30) X(MLINK, -31) X(PIPE, -32)            \
                        X(RANGE, -34) X(DEADLK, -35) X(NAMETOOLONG, -36) X(NOSYS, -38)             \
                            X(NOTEMPTY, -39) X(LOOP, -40) X(OVERFLOW, -75) X(LIBBAD, -80)          \
                                X(OPNOTSUPP, -95) X(TIMEDOUT, -110)

#define ERR_VALUE(name, value) ERR_##name = value,
enum [[nodiscard]] err : int {
    ERR_OK = 0,
    ERRORS(ERR_VALUE)
};
#undef ERR_VALUE

// The symbolic name without its prefix ("NOMEM"), or "?" for a value that is none of ours.
const char *err_name(enum err e);

C_END
