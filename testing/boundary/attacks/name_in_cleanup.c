#include "kernel/frame/frame.h"
void f(int *p);
void f(int *p) { [[gnu::cleanup(spin_wait)]] struct spinlock l = {}; (void)p; }  // expect: a name of the frame's inside
