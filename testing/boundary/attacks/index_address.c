#include "kernel/frame/frame.h"
int *f(unsigned i);
int *f(unsigned i) { static int t[4]; return &t[i]; }  // expect: use ELEM()
