#include "kernel/frame/frame.h"
struct a { struct ttree_node n; uint64_t key; };
struct b { int x; struct a a; uint64_t key; };
TTREE_DEFINE(bs, struct b, a.n, key);  // expect: expected
