#include "kernel/frame/frame.h"
long *f(uint8_t (*p)[8]);
long *f(uint8_t (*p)[8]) { return (long *)p; }  // expect: a pointer becomes one of another type
