#include "kernel/frame/frame.h"
#define AS(t, v) ((t)(v))
int *f(long v);
int *f(long v) { return AS(int *, v); }  // expect: an integer becomes a pointer
