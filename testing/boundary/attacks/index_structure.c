#include "kernel/frame/frame.h"
struct a { int x[4]; };
void f(unsigned i, struct a *p);
void f(unsigned i, struct a *p) { static struct a t[4]; t[i] = *p; }  // expect: use ELEM()
