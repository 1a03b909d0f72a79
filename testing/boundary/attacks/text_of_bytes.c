#include "kernel/frame/frame.h"
void f(void);
void f(void) { char name[4] = {1, 2, 3, 4}; kprintf("%s", name); }  // expect: characters that are no literal
