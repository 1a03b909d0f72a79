#include "kernel/frame/frame.h"
static thread_local int x;  // expect: a variable of each thread
int f(void);
int f(void) { return x; }
