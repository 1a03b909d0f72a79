#include "kernel/frame/frame.h"
// expect-anywhere: line directives are not for services
# 1 "kernel/frame/frame.h" 3
int *f(long v);
