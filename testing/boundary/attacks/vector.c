#include "kernel/frame/frame.h"
typedef int four __attribute__((vector_size(16)));  // expect: vectors
