#include "kernel/frame/frame.h"
static void g(void *p) { (void)p; }
enum err f(struct task **t);
enum err f(struct task **t) { return task_create(g, nullptr, t); }  // expect: a name of the frame's inside
