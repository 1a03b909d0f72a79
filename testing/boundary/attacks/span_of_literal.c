#include "kernel/frame/frame.h"
struct span f(void);
struct span f(void) { return SPAN_OF("text"); }  // expect: the bytes of a literal, to write to
