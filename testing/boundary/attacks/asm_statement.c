#include "kernel/frame/frame.h"
void f(void);
void f(void) { __asm__ volatile("cli"); }  // expect: assembly
