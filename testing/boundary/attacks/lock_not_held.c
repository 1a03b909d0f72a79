#include "kernel/frame/frame.h"
extern struct lock_class lc_a;
struct a { struct spinlock lock; int x GUARDED_BY(lc_a); };
int f(struct a *a);
int f(struct a *a) { return a->x; }  // expect: requires holding lock
