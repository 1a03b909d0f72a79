#include "kernel/frame/frame.h"
struct two { int *a, *b; };
struct two f(void *p);
struct two f(void *p) { return (struct two){.b = p}; }  // expect: void * becomes a pointer
