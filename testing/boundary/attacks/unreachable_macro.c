#include "kernel/frame/frame.h"
#include <stddef.h>
void f(void);
void f(void) { unreachable(); }  // expect: a builtin that is not on the list
