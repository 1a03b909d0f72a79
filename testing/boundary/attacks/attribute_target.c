#include "kernel/frame/frame.h"
static int f(void) __attribute__((target("avx")));  // expect: this attribute
