#include "kernel/frame/frame.h"
typedef union { int *p; long *q; } any __attribute__((transparent_union));  // expect: this attribute
