#include "kernel/frame/frame.h"
void f(void);
void f(void) { (void)__builtin_ia32_rdtsc(); }  // expect: a builtin that is not on the list
