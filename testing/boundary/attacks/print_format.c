#include "kernel/frame/frame.h"
void f(const char *p);
void f(const char *p) { kprintf(p); }  // expect: format string is not a string literal
