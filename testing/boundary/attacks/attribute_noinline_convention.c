#include "kernel/frame/frame.h"
static int f(void) __attribute__((preserve_all));  // expect: another calling convention
