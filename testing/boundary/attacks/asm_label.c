#include "kernel/frame/frame.h"
extern int f(void) __asm__("phys_to_virt");  // expect: this attribute
