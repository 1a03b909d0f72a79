#include "kernel/frame/frame.h"
int f(int x);
int f(int x) { return ({ if (x) return 5; 0; }); }  // expect: a statement expression
