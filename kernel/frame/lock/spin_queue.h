// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernel/frame/lock/spinlock.h"

// For spin_use_queues: waits in line.
void spin_queue_wait(struct spinlock *l);
