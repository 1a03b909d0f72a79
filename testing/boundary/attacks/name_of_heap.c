#include "kernel/frame/frame.h"
HEAP_DEFINE(a, int);
void f(int *p);
void f(int *p) { heap_free(&a_heap, p); }  // expect: a name of the frame's inside
