#include "kernel/frame/frame.h"
#define CALL(a, b) a##b
void f(struct waitq *q);
void f(struct waitq *q) { CALL(waitq_, end)(q, nullptr); }  // expect: a name of the frame's inside
