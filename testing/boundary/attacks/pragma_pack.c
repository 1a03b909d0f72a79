#include "kernel/frame/frame.h"
#pragma pack(1)  // expect: pragmas are not for services
