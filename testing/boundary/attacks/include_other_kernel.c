#include "kernel/frame/frame.h"
#include "toolchain/cc/wrappers/tool"  // expect: a header from outside this kernel
