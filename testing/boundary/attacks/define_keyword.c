#include "kernel/frame/frame.h"
#define sizeof(x) 4096  // expect: this name is not for a service's macros
