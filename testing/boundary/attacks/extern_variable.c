#include "kernel/frame/frame.h"
extern uint64_t direct_map_base_too;  // expect: an extern declaration outside a header
