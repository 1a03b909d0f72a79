#include "kernel/frame/frame.h"
long f(int *p);
long f(int *p) { return (long)p; }  // expect: a pointer becomes an integer
