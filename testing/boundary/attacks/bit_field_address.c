#include "kernel/frame/frame.h"
struct a { unsigned x : 3; };
unsigned *f(struct a *a);
unsigned *f(struct a *a) { return &a->x; }  // expect: address of bit-field
