#include "kernel/frame/frame.h"
int f(int n);
int f(int n)
{
    switch (n) {
    case 0: {
        int x = 1;
    case 1:  // expect: a case inside another statement
        return x;
    }
    }
    return 0;
}
