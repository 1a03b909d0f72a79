#include "kernel/frame/frame.h"
static int f(void) __attribute__((alias("panic")));  // expect: this attribute
