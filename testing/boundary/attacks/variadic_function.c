#include "kernel/frame/frame.h"
void f(int n, ...);  // expect: variable arguments
