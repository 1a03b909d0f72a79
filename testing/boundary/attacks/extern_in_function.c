#include "kernel/frame/frame.h"
int f(void);
int f(void) { extern int hidden(int); return hidden(1); }  // expect: an extern declaration outside a header
