#include "kernel/frame/frame.h"
extern struct lock_class lc_a;
struct lock_class lc_a = {"a", 0};
static void f(void) NO_LOCK_ANALYSIS;  // expect: a macro of the frame's inside
