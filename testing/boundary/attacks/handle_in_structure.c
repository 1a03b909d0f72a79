#include "kernel/frame/frame.h"
struct a { struct page_run run; };
void f(struct a *p, struct a *q);
void f(struct a *p, struct a *q) { *p = *q; }  // expect: must not be copied
