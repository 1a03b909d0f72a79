#include "kernel/frame/frame.h"
__asm__(".globl foo");  // expect: assembly
