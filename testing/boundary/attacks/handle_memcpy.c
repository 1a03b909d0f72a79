#include "kernel/frame/frame.h"
void f(struct page_run *p, struct page_run *q);
void f(struct page_run *p, struct page_run *q) { __builtin_memcpy(p, q, sizeof(*p)); }  // expect: a builtin that is not on the list
