#include "kernel/frame/frame.h"
static int f(void) __attribute__((section(".frame")));  // expect: this attribute
