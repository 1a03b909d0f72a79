#include "kernel/frame/frame.h"
void f(long v);
void f(long v) { *(int *)v = 1; }  // expect: an integer becomes a pointer
