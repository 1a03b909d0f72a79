#include "kernel/frame/frame.h"
int *f(_Atomic(int *) *p);
int *f(_Atomic(int *) *p) { *p += 4; return *p; }  // expect: invalid operands
