#include "kernel/frame/frame.h"
struct a {
    union {  // expect: a union with pointers
        uint64_t words[2];
        struct span s;
    };
};
