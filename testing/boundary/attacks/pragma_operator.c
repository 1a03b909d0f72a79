#include "kernel/frame/frame.h"
_Pragma("clang diagnostic ignored \"-Wcast-qual\"")  // expect: pragmas are not for services
