#include "kernel/frame/frame.h"
static int f(void) __attribute__((constructor));  // expect: this attribute
