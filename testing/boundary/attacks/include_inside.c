#include "kernel/frame/frame.h"
#include "kernel/frame/arch/x86_64/x86.h"  // expect: a header of the frame's inside
