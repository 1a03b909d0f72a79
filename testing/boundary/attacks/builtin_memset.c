#include "kernel/frame/frame.h"
void f(void);
void f(void) { static int i; __builtin_memset(&i, 0, 64); }  // expect: a builtin that is not on the list
