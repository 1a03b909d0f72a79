#include "kernel/frame/frame.h"
const char *f(const char *p);
const char *f(const char *p) { static char c; return p ? &c : p; }  // expect: characters that are no literal
