#include "kernel/frame/frame.h"
int f(int p[static 10]);  // expect: a promise about an argument
