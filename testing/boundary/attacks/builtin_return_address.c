#include "kernel/frame/frame.h"
void f(void);
void f(void) { (void)__builtin_return_address(0); }  // expect: a builtin that is not on the list
