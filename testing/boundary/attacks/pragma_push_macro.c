#include "kernel/frame/frame.h"
#pragma push_macro("ASSERT")  // expect: pragmas are not for services
