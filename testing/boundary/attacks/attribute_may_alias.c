#include "kernel/frame/frame.h"
typedef int __attribute__((may_alias)) word;  // expect: this attribute
