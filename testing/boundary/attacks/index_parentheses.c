#include "kernel/frame/frame.h"
void f(unsigned i);
void f(unsigned i) { static int t[4]; (t[i]) = 1; }  // expect: use ELEM()
