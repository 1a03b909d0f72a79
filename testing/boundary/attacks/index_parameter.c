#include "kernel/frame/frame.h"
int f(int p[8], unsigned i);
int f(int p[8], unsigned i) { return p[i]; }  // expect: indexing through a pointer
