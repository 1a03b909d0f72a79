#include "kernel/frame/frame.h"
static int f(void) __attribute__((no_sanitize("bounds")));  // expect: this attribute
