#include "kernel/frame/frame.h"
int f(int *p);
int f(int *p) { return ELEM(p, 4); }  // expect: this is a pointer, not an array
