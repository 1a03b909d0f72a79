#include "kernel/frame/frame.h"
typedef int word __attribute__((mode(DI)));  // expect: this attribute
