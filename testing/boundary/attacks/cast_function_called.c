#include "kernel/frame/frame.h"
int f(void (*g)(void));
int f(void (*g)(void)) { return ((int (*)(int))g)(3); }  // expect: a pointer becomes one of another type
