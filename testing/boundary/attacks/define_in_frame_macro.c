#include "kernel/frame/frame.h"
#define span_make(p, n) span_make((p), 4096)
struct span f(uint8_t (*p)[4]);
struct span f(uint8_t (*p)[4]) { return SPAN_OF(*p); }  // expect: reaches into a header
