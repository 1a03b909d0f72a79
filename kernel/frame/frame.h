// SPDX-License-Identifier: Apache-2.0
// The frame's whole interface, for a small kernel. It supplies kernel_main (boot/boot.h); the
// machine runs until some task calls power_off().
#pragma once
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/err.h"
#include "kernel/frame/base/span.h"
#include "kernel/frame/base/types.h"
#include "kernel/frame/boot/boot.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/pmm/page.h"
#include "kernel/frame/power/power.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/trap/trap_name.h"
#include "kernel/frame/user/user.h"
#include "kernel/frame/vmio/vmio.h"
#include "kernel/frame/vmm/vm_space.h"
