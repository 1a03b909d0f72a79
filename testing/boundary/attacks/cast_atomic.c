#include "kernel/frame/frame.h"
int *f(_Atomic(int) *p);
int *f(_Atomic(int) *p) { return (int *)p; }  // expect: a pointer becomes one of another type
