#include "kernel/frame/frame.h"
struct span f(_Atomic(int *) *p);
struct span f(_Atomic(int *) *p) { return SPAN_OF(*p); }  // expect: the bytes of something with pointers
