#include "kernel/frame/frame.h"
void f(void);
void f(void) { static int i; (void)__sync_fetch_and_add(&i, 1); }  // expect: a builtin that is not on the list
