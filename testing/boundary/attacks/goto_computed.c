#include "kernel/frame/frame.h"
void f(void);
void f(void) { static void *l; l = &&out; goto *l; out:; }  // expect: a computed goto
