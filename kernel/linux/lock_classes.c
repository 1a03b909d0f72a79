// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/lock_classes.h"

#define RANK(class) RANK_##class,
enum {
    LINUX_LOCK_CLASSES(RANK)
};

#define DEFINE(class) struct lock_class lc_##class = {#class, RANK_##class};
LINUX_LOCK_CLASSES(DEFINE)
