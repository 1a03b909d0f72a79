#include "kernel/frame/frame.h"
typedef void (*fn)(int);
fn f(int (*g)(int));
fn f(int (*g)(int)) { return (fn)g; }  // expect: a pointer becomes one of another type
