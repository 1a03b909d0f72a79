#include "kernel/frame/frame.h"
#include_next <stddef.h>  // expect: only #include includes
