#include "kernel/frame/frame.h"
#pragma clang attribute push(__attribute__((weak)), apply_to = function)  // expect: pragmas are not for services
#pragma clang attribute pop
