#include "kernel/frame/frame.h"
static int f(void) __attribute__((ifunc("panic")));  // expect: this attribute
