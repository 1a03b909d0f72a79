#include "kernel/frame/frame.h"
#include "kernel/frame/pmm/page_priv.h"  // expect: a header of the frame's inside
