#include "kernel/frame/frame.h"
struct __attribute__((packed)) a {  // expect: this attribute
    char c;
    int x;
};
