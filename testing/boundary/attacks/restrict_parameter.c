#include "kernel/frame/frame.h"
int f(int *restrict p);  // expect: restrict
