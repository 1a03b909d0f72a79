#include "kernel/frame/frame.h"
struct a {
    int n;
    int x[] __attribute__((counted_by(n)));  // expect: an array of unknown length
};
