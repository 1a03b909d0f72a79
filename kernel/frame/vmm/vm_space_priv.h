// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/vm_space.h"

struct vm_space {
    struct page *root; // the top-level table
    uint32_t refs;     // atomic
};
