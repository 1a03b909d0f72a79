#include "kernel/frame/frame.h"
int f(int n);
int f(int n) { if (n) goto in; { int x = 1; in: return x; } }  // expect: goto into a block
