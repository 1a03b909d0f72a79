// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/layout.h"

#if __STDC_HOSTED__
uint64_t direct_map_base = DIRECT_MAP_BASE;
#endif
