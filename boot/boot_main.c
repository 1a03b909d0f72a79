// SPDX-License-Identifier: Apache-2.0
// The first C code: from the loader's information to the frame.
#include "boot/place.h"
#include "boot/protocol.h"
#include "boot/relocs.h"
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/cmdline.h"
#include "kernel/frame/boot/frame_main.h"
#include "kernel/frame/entropy/entropy_boot.h"

// What entry.S maps.
constexpr uint64_t MAPPED = 4 * GIB;

// Its tables.
extern uint64_t boot_pml4[PT_ENTRIES], direct_pdpt[PT_ENTRIES];
extern uint64_t image_pdpt[PT_ENTRIES], image_pd[PT_ENTRIES];

// Of kernel.ld.
extern const uint8_t text_start[], data_start[], image_relocs[];

static struct boot_info info;

// Called by entry.S, in this order.
void boot_place(uint32_t magic, uint64_t at);
[[noreturn]] void boot_main(uint32_t magic, uint64_t at);

static void parse(uint32_t magic, uint64_t at)
{
    struct boot_mem mem = {cspan_make(phys_to_virt((paddr_t){0}), MAPPED)};
    boot_parse(magic, mem, at, &info);
}

static bool may_move(void)
{
    struct cspan unused;
    // KASAN's shadow is laid out for fixed places.
    bool kasan = __has_feature(address_sanitizer);
    return !kasan &&
           !cmdline_find(cspan_make(info.cmdline, info.cmdline_len), SPAN_TEXT("nokaslr"), &unused);
}

// Maps image and direct map at their new places too. The tables below serve both.
static void map_again(struct place p)
{
    uint64_t image = p.image / pt_span(2), direct = p.direct / pt_span(3);
    for (unsigned i = 0; i < PLACE_IMAGE_ENTRIES; i++)
        image_pd[image % PT_ENTRIES + i] = image_pd[i];
    for (unsigned i = 0; i < PLACE_DIRECT_ENTRIES; i++)
        direct_pdpt[direct % PT_ENTRIES + i] = direct_pdpt[i];
    unsigned pdpt = pt_index(IMAGE_OFFSET, 3), pml4 = pt_index(DIRECT_MAP_BASE, 4);
    image_pdpt[pdpt + image / PT_ENTRIES] = image_pdpt[pdpt];
    boot_pml4[pml4 + direct / PT_ENTRIES] = boot_pml4[pml4];
}

// Moves the kernel while it runs: each address is good before it is changed and after, since both
// places are mapped until vmm_init makes new tables. Text is written through the direct map.
void boot_place(uint32_t magic, uint64_t at)
{
    parse(magic, at);
    entropy_start(&info);
    // Drawn also where it is not used, so that what is drawn later does not depend on it.
    uint64_t random_image = entropy_boot_u64(), random_direct = entropy_boot_u64();
    if (!may_move())
        return;
    struct place p = place_choose(random_image, random_direct);
    map_again(p);
    uint8_t *text = phys_to_virt((paddr_t){(uint64_t)text_start - image_offset()});
    uint8_t *data = phys_to_virt((paddr_t){(uint64_t)data_start - image_offset()});
    relocs_apply(image_relocs, text, data, p.image, p.direct);
    // The CPU may have read ahead what was changed at another address (SDM Vol. 3A, "Self-Modifying
    // Code"): this makes it read again.
    write_cr3(read_cr3());
}

void boot_main(uint32_t magic, uint64_t at)
{
    // Once more, since the structure points to texts of the kernel, which have moved.
    parse(magic, at);
    cpu_arch_set_canary(entropy_boot_u64() & CANARY_MASK);
    frame_main(&info);
}
