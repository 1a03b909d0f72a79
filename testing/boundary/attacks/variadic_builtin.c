#include "kernel/frame/frame.h"
int f(int n, ...);  // expect: variable arguments
int f(int n, ...) { __builtin_va_list a; __builtin_va_start(a, n); int r = __builtin_va_arg(a, int); __builtin_va_end(a); return r; }
