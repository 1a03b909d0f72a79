#include "kernel/frame/frame.h"
void *f(void);
void *f(void) { return phys_to_virt((paddr_t){0}); }  // expect: a name of the frame's inside
