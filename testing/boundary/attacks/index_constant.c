#include "kernel/frame/frame.h"
int f(void);
int f(void) { static int t[4]; return t[4]; }  // expect: an index beyond the array
