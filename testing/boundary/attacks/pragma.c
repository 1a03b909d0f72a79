#include "kernel/frame/frame.h"
#pragma clang diagnostic ignored "-Wcast-qual"  // expect: pragmas are not for services
