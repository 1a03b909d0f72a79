// SPDX-License-Identifier: Apache-2.0
// The policy that the frame uses unless a service injects another.
#pragma once
#include "kernel/frame/sched/sched.h"

extern const struct sched_ops sched_default_ops;
