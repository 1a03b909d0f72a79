#include "kernel/frame/frame.h"
struct a { int *p; };
struct span f(struct a *a);
struct span f(struct a *a) { return SPAN_OF(*a); }  // expect: the bytes of something with pointers
