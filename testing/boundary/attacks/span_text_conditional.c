#include "kernel/frame/frame.h"
struct cspan f(bool b);
struct cspan f(bool b) { return SPAN_TEXT("" ? b ? "a" : "b" : "c"); }  // expect: cannot take the address of an rvalue
