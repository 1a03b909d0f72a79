#include "kernel/frame/frame.h"
#define __STDC_HOSTED__ 1  // expect: this name is not for a service's macros
