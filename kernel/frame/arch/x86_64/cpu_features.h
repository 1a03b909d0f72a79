// SPDX-License-Identifier: Apache-2.0
// What the CPU has, and which flaws.
#pragma once
#include "kernel/frame/base/span.h"

C_BEGIN

struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

// What the CPU says of itself: leaves that it does not have are zero, and so is
// IA32_ARCH_CAPABILITIES.
struct cpu_report {
    struct cpuid_result leaf0, leaf1, leaf7, ext1, ext21;
    uint64_t arch_capabilities;
};

// What the CPU has and the kernel turns on.
struct cpu_features {
    bool smep, smap, umip, gib_pages, global_pages, pcid, invpcid;
    bool xsave, fsgsbase, rdtscp;
    bool hypervisor; // the CPU is a virtual one
    bool ibt;        // indirect jumps and calls must land on ENDBR64
    // User mode's branches do not steer the kernel's: Intel's way and AMD's.
    bool enhanced_ibrs, automatic_ibrs;
    // Flaws that it has or may have (docs/security.md).
    bool meltdown, l1tf, mds, taa;
    bool pti; // user mode has page tables of its own
};
extern struct cpu_features cpu_features;

struct cpu_features cpu_features_of(const struct cpu_report *report);

// Decides on `pti`, and what cannot be had with it: "on", "off", or "auto": where there is
// Meltdown. False, and as by "auto", for any other text.
bool cpu_features_choose_pti(struct cpu_features *f, struct cspan choice);

C_END
