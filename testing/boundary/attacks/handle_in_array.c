#include "kernel/frame/frame.h"
struct a { struct waitq q; };
ARRAY_DEFINE(many, struct a);  // expect: must not be copied
