#include "kernel/frame/frame.h"
enum e { A };
void f(void (*g)(int));
static void h(enum e e) { (void)e; }
void k(void);
void k(void) { f(h); }  // expect: incompatible function pointer types
