#include "kernel/frame/frame.h"
void f(void);
void f(void) { (void)__builtin_alloca(64); }  // expect: a builtin that is not on the list
