#include "kernel/frame/frame.h"
void f(uint8_t *p);
void f(uint8_t *p) { kprintf("%s", p); }  // expect: only integers and strings are printed
