#include "kernel/frame/frame.h"
#include <stdarg.h>  // expect: a compiler header that is not for services
