#include "kernel/frame/frame.h"
#include "testing/boundary/attacks/pragma.c"  // expect: only .h and .def files are included
