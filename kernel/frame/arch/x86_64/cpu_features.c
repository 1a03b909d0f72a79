// SPDX-License-Identifier: Apache-2.0
// What the CPU's own report means for the kernel. Pure. Leaves: SDM Vol. 2A, CPUID; AMD APM Vol. 3,
// "Obtaining Processor Information Via the CPUID Instruction". Flaws: SDM Vol. 4,
// IA32_ARCH_CAPABILITIES.
#include "kernel/frame/arch/x86_64/cpu_features.h"

struct cpu_features cpu_features;

static bool bit(uint64_t word, unsigned n) { return (word >> n & 1) != 0; }

// Bits of IA32_ARCH_CAPABILITIES.
constexpr unsigned RDCL_NO = 0, IBRS_ALL = 1, L1TF_NO = 3, MDS_NO = 5, TAA_NO = 8;

static bool is_intel(const struct cpu_report *r)
{
    return r->leaf0.ebx == 0x756e6547 && r->leaf0.edx == 0x49656e69 && r->leaf0.ecx == 0x6c65746e;
}

struct cpu_features cpu_features_of(const struct cpu_report *r)
{
    // Only Intel's CPUs forward what they may not read, and those that say nothing do.
    bool intel = is_intel(r);
    uint64_t not_affected = r->arch_capabilities;
    return (struct cpu_features){
        .smep = bit(r->leaf7.ebx, 7),
        .smap = bit(r->leaf7.ebx, 20),
        .umip = bit(r->leaf7.ecx, 2),
        .gib_pages = bit(r->ext1.edx, 26),
        .global_pages = bit(r->leaf1.edx, 13),
        // The kernel's own translations are of no tag, so they must be global.
        .pcid = bit(r->leaf1.ecx, 17) && bit(r->leaf1.edx, 13),
        .invpcid = bit(r->leaf7.ebx, 10),
        .xsave = bit(r->leaf1.ecx, 26),
        .fsgsbase = bit(r->leaf7.ebx, 0),
        .rdtscp = bit(r->ext1.edx, 27),
        .hypervisor = bit(r->leaf1.ecx, 31),
        .ibt = bit(r->leaf7.edx, 20),
        .enhanced_ibrs = bit(not_affected, IBRS_ALL) && bit(r->leaf7.edx, 26),
        .automatic_ibrs = bit(r->ext21.eax, 8),
        .meltdown = intel && !bit(not_affected, RDCL_NO),
        .l1tf = intel && !bit(not_affected, RDCL_NO) && !bit(not_affected, L1TF_NO),
        .mds = intel && !bit(not_affected, MDS_NO),
        .taa = intel && bit(r->leaf7.ebx, 11) && !bit(not_affected, TAA_NO),
    };
}

bool cpu_features_choose_pti(struct cpu_features *f, struct cspan choice)
{
    bool on = cspan_equal(choice, SPAN_TEXT("on")), off = cspan_equal(choice, SPAN_TEXT("off"));
    f->pti = on || (f->meltdown && !off);
    // User mode would find the kernel's translations, which do not go with its tables.
    f->global_pages = f->global_pages && !f->pti;
    f->pcid = f->pcid && !f->pti;
    return on || off || cspan_equal(choice, SPAN_TEXT("auto"));
}
