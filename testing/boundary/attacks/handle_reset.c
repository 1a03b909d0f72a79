#include "kernel/frame/frame.h"
void f(struct waitq *p);
void f(struct waitq *p) { *p = (struct waitq){}; }  // expect: must not be copied
