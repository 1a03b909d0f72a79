#include "kernel/frame/frame.h"
void f(void);
void f(void) { __asm__ goto("jmp %l0" : : : : out); out:; }  // expect: assembly
