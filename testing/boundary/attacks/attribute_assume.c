#include "kernel/frame/frame.h"
int f(int x);
int f(int x) { __attribute__((assume(x < 4))); return x; }  // expect: this attribute
