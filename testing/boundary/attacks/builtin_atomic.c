#include "kernel/frame/frame.h"
int f(int *p);
int f(int *p) { return __atomic_load_n(p, 0); }  // expect: a builtin that is not on the list
