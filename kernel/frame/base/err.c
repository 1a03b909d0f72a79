// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/err.h"

const char *err_name(enum err e)
{
    switch (e) {
    case ERR_OK:
        return "OK";
    case ERR_PERM:
        return "PERM";
    case ERR_NOENT:
        return "NOENT";
    case ERR_INTR:
        return "INTR";
    case ERR_IO:
        return "IO";
    case ERR_BADF:
        return "BADF";
    case ERR_AGAIN:
        return "AGAIN";
    case ERR_NOMEM:
        return "NOMEM";
    case ERR_ACCES:
        return "ACCES";
    case ERR_FAULT:
        return "FAULT";
    case ERR_BUSY:
        return "BUSY";
    case ERR_EXIST:
        return "EXIST";
    case ERR_INVAL:
        return "INVAL";
    case ERR_NOSYS:
        return "NOSYS";
    case ERR_OVERFLOW:
        return "OVERFLOW";
    case ERR_TIMEDOUT:
        return "TIMEDOUT";
    }
    return "?";
}
