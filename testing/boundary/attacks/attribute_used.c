#include "kernel/frame/frame.h"
static int f(void) __attribute__((used));  // expect: this attribute
