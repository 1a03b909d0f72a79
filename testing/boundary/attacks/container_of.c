#include "kernel/frame/frame.h"
#define container_of(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))
struct a { int x, y; };
struct a *f(int *p);
struct a *f(int *p) { return container_of(p, struct a, y); }  // expect: pointer arithmetic
