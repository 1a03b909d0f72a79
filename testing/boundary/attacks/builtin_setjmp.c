#include "kernel/frame/frame.h"
void f(void);
void f(void) { static uint64_t b[5]; (void)b; (void)__builtin_frame_address(0); }  // expect: a builtin that is not on the list
