#include "kernel/frame/frame.h"
int f(unsigned n);
int f(unsigned n) { int t[n]; t[0] = 1; return t[0]; }  // expect: an array of variable length
