#include "kernel/frame/frame.h"
struct a {
    int n;
    int x[];  // expect: an array of unknown length
};
int f(struct a *p);
int f(struct a *p) { return p->n; }
