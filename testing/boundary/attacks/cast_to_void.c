#include "kernel/frame/frame.h"
void *f(int *p);
void *f(int *p) { return p; }  // expect: a pointer becomes void *
