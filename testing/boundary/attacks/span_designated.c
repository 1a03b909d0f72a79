#include "kernel/frame/frame.h"
struct span f(uint8_t *p);
struct span f(uint8_t *p) { struct span s = {.bytes = p, .len = 9}; return s; }  // expect: a field that is the frame's
