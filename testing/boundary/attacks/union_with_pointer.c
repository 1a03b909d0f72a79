#include "kernel/frame/frame.h"
union u {  // expect: a union with pointers
    long l;
    int *p;
};
