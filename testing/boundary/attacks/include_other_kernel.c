#include "kernel/frame/frame.h"
#include "kernel/hello/hello.c"  // expect: a header from outside this kernel
