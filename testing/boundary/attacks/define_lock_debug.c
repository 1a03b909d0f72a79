#define KEEL_LOCK_DEBUG 1  // expect: reaches into a header
#include "kernel/frame/frame.h"
