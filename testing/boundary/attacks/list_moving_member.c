#include "kernel/frame/frame.h"
static unsigned i;
struct a { struct list_link l[4]; };
TLIST_DEFINE(as, struct a, l[i]);  // expect: expected
