#include "kernel/frame/frame.h"
register unsigned long rsp_now __asm__("rsp");  // expect: this attribute
