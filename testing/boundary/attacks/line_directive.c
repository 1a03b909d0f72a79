#include "kernel/frame/frame.h"
// expect-anywhere: line directives are not for services
#line 1 "kernel/frame/frame.h"
int *f(long v);
