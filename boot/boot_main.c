// SPDX-License-Identifier: Apache-2.0
// The first C code: from the loader's information to the frame.
#include "boot/protocol.h"
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/boot/frame_main.h"

// What entry.S maps.
constexpr uint64_t MAPPED = 4 * GIB;

static struct boot_info info;

// Called by entry.S.
[[noreturn]] void boot_main(uint32_t magic, uint64_t at);

void boot_main(uint32_t magic, uint64_t at)
{
    cpu_arch_init_canary();
    struct boot_mem mem = {cspan_make(phys_to_virt((paddr_t){0}), MAPPED)};
    boot_parse(magic, mem, at, &info);
    frame_main(&info);
}
