#include "kernel/frame/frame.h"
struct a { struct list_link l; };
struct b { int x; struct a a; };
TLIST_DEFINE(bs, struct b, a.l);  // expect: expected
