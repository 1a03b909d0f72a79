#include "kernel/frame/frame.h"
int *f(int *p);
int *f(int *p) { return p + 4; }  // expect: pointer arithmetic
