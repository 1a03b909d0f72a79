#include "kernel/frame/frame.h"
int **f(const int **p);
int **f(const int **p) { return (int **)p; }  // expect: a cast drops a qualifier
