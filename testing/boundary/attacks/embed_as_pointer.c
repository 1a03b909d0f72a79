#include "kernel/frame/frame.h"
static const uint8_t bytes[] = {
#embed "testing/boundary/attacks/pragma.c"
};
const long *f(void);
const long *f(void) { return (const long *)bytes; }  // expect: a pointer becomes one of another type
