#include "kernel/frame/frame.h"
uint8_t f(struct span s);
uint8_t f(struct span s) { return *s.bytes; }  // expect: a field that is the frame's
