// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/lock/lock_classes.h"

// Services' ranks begin at 0; the frame's are above any of them.
constexpr uint32_t FRAME_RANKS = 1000;

#define RANK(class) RANK_##class,
enum {
    FRAME_LOCK_CLASSES(RANK)
};

#define DEFINE(class) struct lock_class lc_##class = {#class, FRAME_RANKS + RANK_##class};
FRAME_LOCK_CLASSES(DEFINE)
