#include "kernel/frame/frame.h"
struct span f(struct span *s);
struct span f(struct span *s) { return SPAN_OF(*s); }  // expect: the bytes of something with pointers
