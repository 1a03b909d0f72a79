#include "kernel/frame/frame.h"
int f(long v);
int f(long v) { (void)v; return *(__attribute__((address_space(256))) int *)nullptr; }  // expect: this attribute
