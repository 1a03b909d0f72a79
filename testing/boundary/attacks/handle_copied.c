#include "kernel/frame/frame.h"
void f(struct waitq *p, struct waitq *q);
void f(struct waitq *p, struct waitq *q) { *p = *q; }  // expect: must not be copied
