#include "kernel/frame/frame.h"
struct span f(struct span s);
struct span f(struct span s) { s.len = 999; return s; }  // expect: a field that is the frame's
