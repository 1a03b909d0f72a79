#include "kernel/frame/frame.h"
[[gnu::section(".frame")]] static int x;  // expect: this attribute
