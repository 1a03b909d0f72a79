#include "kernel/frame/frame.h"
#pragma weak panic  // expect: pragmas are not for services
