#include "kernel/frame/frame.h"
extern int hidden(int);  // expect: an extern declaration outside a header
