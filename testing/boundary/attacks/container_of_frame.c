#include "kernel/frame/frame.h"
struct a { int x, y; };
struct a *f(int *p);
struct a *f(int *p) { return LIST_ENTRY(p, struct a, y); }  // expect: a macro of the frame's inside
