#include "kernel/frame/frame.h"
struct regs;
static void f(struct regs *r) __attribute__((interrupt));  // expect: this attribute
