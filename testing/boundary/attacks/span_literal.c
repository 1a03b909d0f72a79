#include "kernel/frame/frame.h"
uint8_t f(uint8_t *p);
uint8_t f(uint8_t *p) { return cspan_u8(span_const((struct span){p, 99}), 5); }  // expect: a field that is the frame's
