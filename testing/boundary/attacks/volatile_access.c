#include "kernel/frame/frame.h"
int f(volatile int *p);  // expect: volatile
