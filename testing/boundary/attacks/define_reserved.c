#include "kernel/frame/frame.h"
#define __FILE__ "kernel/frame/frame.h"  // expect: this name is not for a service's macros
