#include "kernel/frame/frame.h"
#define H "kernel/frame/pmm/pmm.h"
#include H  // expect: a header of the frame's inside
