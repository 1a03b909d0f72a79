#include "kernel/frame/frame.h"
static int f(void) __attribute__((naked));  // expect: this attribute
