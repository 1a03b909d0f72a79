#include "kernel/frame/frame.h"
long f(int *p);
long f(int *p) {
    struct { union {  // expect: a union with pointers
    int *p; long l; }; } u = {.p = p};
    return u.l;
}
