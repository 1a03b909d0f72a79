#include "kernel/frame/frame.h"
void f(void);
void f(void) { outb(0xf4, 1); }  // expect: a name of the frame's inside
