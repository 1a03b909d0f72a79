#include "kernel/frame/frame.h"
int f(int n);
int f(int n)
{
    switch (n) {
        int *p;  // expect: a declaration in a switch
    default:
        p = &n;
        return *p;
    }
}
