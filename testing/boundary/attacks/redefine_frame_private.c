#define FRAME_PRIVATE  // expect: reaches into a header
#include "kernel/frame/frame.h"
