#include "kernel/frame/frame.h"
#define HIDE(x) __attribute__((x))
HIDE(section(".frame")) static int x;  // expect: this attribute
