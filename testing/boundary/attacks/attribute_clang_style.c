#include "kernel/frame/frame.h"
[[clang::no_sanitize("bounds")]] static int f(void);  // expect: this attribute
