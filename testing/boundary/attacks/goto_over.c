#include "kernel/frame/frame.h"
int f(int n);
int f(int n) { if (n) goto out; int *p = &n; *p = 1; out: return *p; }  // expect: goto over a declaration
