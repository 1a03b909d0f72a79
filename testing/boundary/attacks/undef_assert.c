#include "kernel/frame/frame.h"
#undef ASSERT  // expect: a macro that is not the service
