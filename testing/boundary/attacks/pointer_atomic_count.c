#include "kernel/frame/frame.h"
int *f(_Atomic(int *) *p);
int *f(_Atomic(int *) *p) { return (*p)++; }  // expect: pointer arithmetic
