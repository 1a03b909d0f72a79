#include "kernel/frame/frame.h"
struct a {
    int x[0];  // expect: an array without elements
};
