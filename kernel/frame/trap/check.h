// SPDX-License-Identifier: Apache-2.0
// The compiler's checks (clang, "UndefinedBehaviorSanitizer"): which there are, and what a message
// calls them. A check that fails either calls a function named after it or, in code built with
// -fsanitize-trap, executes UD1 with its number.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

// X(number, name of the function behind __ubsan_handle_, text). Clang's own order.
#define CHECKS(X)                                                                                  \
    X(0, add_overflow_minimal_abort, "signed addition overflows")                                  \
    X(1, builtin_unreachable_minimal, "unreachable code reached")                                  \
    X(3, divrem_overflow_minimal_abort, "division by zero, or its result overflows")               \
    X(10, load_invalid_value_minimal_abort, "value that its type does not have")                   \
    X(11, missing_return_minimal, "function ends without a value")                                 \
    X(12, mul_overflow_minimal_abort, "signed multiplication overflows")                           \
    X(13, negate_overflow_minimal_abort, "signed negation overflows")                              \
    X(18, out_of_bounds_minimal_abort, "array index out of bounds")                                \
    X(19, pointer_overflow_minimal_abort, "pointer arithmetic overflows")                          \
    X(20, shift_out_of_bounds_minimal_abort, "shift out of range")                                 \
    X(21, sub_overflow_minimal_abort, "signed subtraction overflows")                              \
    X(22, type_mismatch_minimal_abort, "pointer to no such object")

C_BEGIN

// Bytes of the instruction with which a check stops.
constexpr size_t CHECK_CODE_SIZE = 5;

// What failed if a CPU finds `code` invalid; null if it is no check's instruction.
const char *check_of_code(const uint8_t code[CHECK_CODE_SIZE]);

C_END
