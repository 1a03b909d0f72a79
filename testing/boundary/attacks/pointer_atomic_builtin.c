#include "kernel/frame/frame.h"
int *f(int **p);
int *f(int **p) { return atomic_add(p, 64); }  // expect: pointer arithmetic
