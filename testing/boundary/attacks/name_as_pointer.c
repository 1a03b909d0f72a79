#include "kernel/frame/frame.h"
typedef void (*out)(struct waitq *, struct waiter *);
out f(void);
out f(void) { return &waitq_end; }  // expect: a name of the frame's inside
