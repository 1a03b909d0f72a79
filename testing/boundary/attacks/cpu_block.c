#include "kernel/frame/frame.h"
uint32_t f(struct cpu *c);
uint32_t f(struct cpu *c) { return c->id; }  // expect: a field that is the frame's
