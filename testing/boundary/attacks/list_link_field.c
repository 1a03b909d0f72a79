#include "kernel/frame/frame.h"
struct a { struct list_link sibling; };
void f(struct a *a);
void f(struct a *a) { a->sibling.head = nullptr; }  // expect: a field that is the frame's
