#include "kernel/frame/frame.h"
struct a { int x; };
long f(struct a *p);
long f(struct a *p) { return *(long *)p; }  // expect: a pointer becomes one of another type
