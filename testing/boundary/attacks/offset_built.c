#include "kernel/frame/frame.h"
struct a { int x, y; };
int *f(struct a *p);
int *f(struct a *p) { return (int *)((uint64_t)p + offsetof(struct a, y)); }  // expect: a pointer becomes an integer
