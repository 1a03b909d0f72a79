#include "kernel/frame/frame.h"
struct cspan f(int *p);
struct cspan f(int *p) { return CSPAN_OF(p); }  // expect: the bytes of something with pointers
