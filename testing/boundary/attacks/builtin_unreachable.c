#include "kernel/frame/frame.h"
void f(void);
void f(void) { __builtin_unreachable(); }  // expect: a builtin that is not on the list
