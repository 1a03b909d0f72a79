#include "kernel/frame/frame.h"
static void g(void *p) { (void)p; }
void f(void);
void f(void) { __attribute__((cleanup(g))) int x = 0; (void)x; }  // expect: this attribute
