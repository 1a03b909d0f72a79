#include "kernel/frame/frame.h"
#define QUIET _Pragma("GCC system_header")
QUIET  // expect: pragmas are not for services
