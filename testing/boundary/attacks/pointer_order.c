#include "kernel/frame/frame.h"
bool f(int *p, int *q);
bool f(int *p, int *q) { return p < q; }  // expect: pointers have no order
