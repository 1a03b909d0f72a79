#include "kernel/frame/frame.h"
struct a { struct list_link l; };
struct b { struct list_link l; };
TLIST_DEFINE(as, struct a, l);
void f(struct as *l, struct b *b);
void f(struct as *l, struct b *b) { as_push_back(l, b); }  // expect: incompatible pointer types
