#include "kernel/frame/frame.h"
struct span f(struct spinlock *s);
struct span f(struct spinlock *s) { return SPAN_OF(*s); }  // expect: the bytes of something with pointers
