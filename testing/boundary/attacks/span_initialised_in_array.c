#include "kernel/frame/frame.h"
struct two { struct span a[2]; };
struct two f(uint8_t *p);
struct two f(uint8_t *p) { return (struct two){.a[1] = {p, 3}}; }  // expect: a field that is the frame's
