#include "kernel/frame/frame.h"
struct two { struct span a; int x; };
struct two f(uint8_t *p);
struct two f(uint8_t *p) { struct two t = {p, 3, 1}; return t; }  // expect: a field that is the frame's
