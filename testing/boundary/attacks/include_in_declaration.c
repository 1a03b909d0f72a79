__attribute__((packed))
#include "kernel/frame/frame.h"  // expect: between declarations
int unused_here(void);
