#include "kernel/frame/frame.h"
void f(struct waitq *q, bool *b);
void f(struct waitq *q, bool *b) { waitq_until(q, ({ if (*b) return; *b; })); }  // expect: a statement expression
