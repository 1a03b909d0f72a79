#include "kernel/frame/frame.h"
void f(void);
void f(void)
{
    struct span {  // expect: a tag of the frame's
        uint8_t *bytes;
        size_t len;
    } s = {};
    (void)s;
}
