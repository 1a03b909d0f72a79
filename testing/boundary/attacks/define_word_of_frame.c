#define uint8_t uint64_t
#include "kernel/frame/frame.h"
// expect-anywhere: reaches into a header
