#include "kernel/frame/frame.h"
int f(int (*g)());
int f(int (*g)()) { return g(1, 2); }  // expect: too many arguments
