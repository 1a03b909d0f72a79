#include "kernel/frame/frame.h"
void f(void);
void f(void) { char *p = "text"; *p = 0; }  // expect: discards qualifiers
