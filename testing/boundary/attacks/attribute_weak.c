#include "kernel/frame/frame.h"
int f(void) __attribute__((weak));  // expect: this attribute
