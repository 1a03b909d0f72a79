#include "kernel/frame/frame.h"
#include <cpuid.h>  // expect: a compiler header that is not for services
