#include "kernel/frame/frame.h"
int *f(int *p);
int *f(int *p) { p += 2; return p; }  // expect: pointer arithmetic
