#include "kernel/frame/frame.h"
int *f(void *p);
int *f(void *p) { return p; }  // expect: void * becomes a pointer
