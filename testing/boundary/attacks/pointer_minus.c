#include "kernel/frame/frame.h"
long f(int *p, int *q);
long f(int *p, int *q) { return p - q; }  // expect: pointer arithmetic
