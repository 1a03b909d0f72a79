#include "kernel/frame/frame.h"
static int f(void) __attribute__((const));  // expect: this attribute
