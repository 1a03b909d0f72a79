#include "kernel/frame/frame.h"
int f(void);
int f(void) { __attribute__((uninitialized)) int x; return x; }  // expect: this attribute
