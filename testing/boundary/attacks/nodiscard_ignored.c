#include "kernel/frame/frame.h"
void f(struct page **p);
void f(struct page **p) { page_alloc(PAGE_ZERO, p); }  // expect: ignoring return value
