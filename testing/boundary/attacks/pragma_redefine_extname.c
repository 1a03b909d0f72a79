#include "kernel/frame/frame.h"
#pragma redefine_extname f panic  // expect: pragmas are not for services
