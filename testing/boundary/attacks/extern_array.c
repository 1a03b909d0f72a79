#include "kernel/frame/frame.h"
extern int table[];  // expect: an array of unknown length
