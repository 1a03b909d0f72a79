#include "kernel/frame/frame.h"
int *f(long v);
int *f(long v) { int *p = nullptr; p = (typeof(p))v; return p; }  // expect: an integer becomes a pointer
