#include "kernel/frame/frame.h"
void f(void);
void f(void) { __builtin_assume(1); }  // expect: a builtin that is not on the list
