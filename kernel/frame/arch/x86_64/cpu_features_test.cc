// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/cpu_features.h"
#include <cstring>
#include <gtest/gtest.h>

namespace
{

constexpr struct cpuid_result INTEL = {7, 0x756e6547, 0x6c65746e, 0x49656e69};
constexpr struct cpuid_result AMD = {7, 0x68747541, 0x444d4163, 0x69746e65};

struct cpu_report report(struct cpuid_result vendor)
{
    struct cpu_report r = {};
    r.leaf0 = vendor;
    return r;
}

TEST(CpuFeatures, a_cpu_that_reports_nothing_has_nothing)
{
    struct cpu_report r = report(AMD);
    struct cpu_features f = cpu_features_of(&r), none = {};
    EXPECT_EQ(memcmp(&f, &none, sizeof(f)), 0);
}

TEST(CpuFeatures, each_is_a_bit_of_a_leaf)
{
    struct Case {
        uint32_t cpuid_result::*word;
        struct cpuid_result cpu_report::*leaf;
        int bit;
        bool cpu_features::*feature;
    };
    using L = struct cpuid_result;
    using R = struct cpu_report;
    using F = struct cpu_features;
    for (const Case &c : {
             Case{&L::ebx, &R::leaf7, 0, &F::fsgsbase},
             Case{&L::ebx, &R::leaf7, 7, &F::smep},
             Case{&L::ebx, &R::leaf7, 10, &F::invpcid},
             Case{&L::ebx, &R::leaf7, 20, &F::smap},
             Case{&L::ecx, &R::leaf7, 2, &F::umip},
             Case{&L::edx, &R::leaf7, 20, &F::ibt},
             Case{&L::edx, &R::leaf1, 13, &F::global_pages},
             Case{&L::ecx, &R::leaf1, 26, &F::xsave},
             Case{&L::ecx, &R::leaf1, 31, &F::hypervisor},
             Case{&L::edx, &R::ext1, 26, &F::gib_pages},
             Case{&L::eax, &R::ext21, 8, &F::automatic_ibrs},
         }) {
        struct cpu_report r = report(AMD);
        r.*c.leaf.*c.word = 1u << c.bit;
        struct cpu_features f = cpu_features_of(&r), only = {};
        only.*c.feature = true;
        EXPECT_EQ(memcmp(&f, &only, sizeof(f)), 0) << c.bit;
        r.*c.leaf.*c.word = ~(1u << c.bit);
        EXPECT_FALSE(cpu_features_of(&r).*c.feature) << c.bit;
    }
}

TEST(CpuFeatures, pcid_needs_global_pages)
{
    struct cpu_report r = report(AMD);
    r.leaf1.ecx = 1u << 17;
    EXPECT_FALSE(cpu_features_of(&r).pcid);
    r.leaf1.edx = 1u << 13;
    EXPECT_TRUE(cpu_features_of(&r).pcid);
}

TEST(CpuFeatures, enhanced_ibrs_needs_the_register_too)
{
    struct cpu_report r = report(INTEL);
    r.arch_capabilities = 1 << 1;
    EXPECT_FALSE(cpu_features_of(&r).enhanced_ibrs);
    r.leaf7.edx = 1u << 26;
    EXPECT_TRUE(cpu_features_of(&r).enhanced_ibrs);
}

TEST(CpuFeatures, flaws_are_intels_unless_it_says_no)
{
    struct cpu_report r = report(INTEL);
    struct cpu_features f = cpu_features_of(&r);
    EXPECT_TRUE(f.meltdown && f.l1tf && f.mds);
    EXPECT_FALSE(f.taa) << "without transactions";
    r.leaf7.ebx = 1 << 11;
    EXPECT_TRUE(cpu_features_of(&r).taa);

    r.arch_capabilities = 1 << 0; // RDCL_NO covers L1TF as well
    f = cpu_features_of(&r);
    EXPECT_TRUE(!f.meltdown && !f.l1tf && f.mds && f.taa);
    r.arch_capabilities = 1 << 3;
    f = cpu_features_of(&r);
    EXPECT_TRUE(f.meltdown && !f.l1tf);
    r.arch_capabilities = 1 << 5 | 1 << 8;
    f = cpu_features_of(&r);
    EXPECT_TRUE(f.meltdown && !f.mds && !f.taa);

    r = report(AMD);
    r.leaf7.ebx = 1 << 11;
    f = cpu_features_of(&r);
    EXPECT_FALSE(f.meltdown || f.l1tf || f.mds || f.taa);
}

struct cspan text(const char *s) { return cspan_make(s, strlen(s)); }

TEST(CpuFeatures, page_tables_are_isolated_by_choice_or_where_there_is_meltdown)
{
    struct Case {
        const char *choice;
        bool meltdown, pti, known;
    };
    for (const Case &c : {
             Case{"auto", false, false, true},
             Case{"auto", true, true, true},
             Case{"on", false, true, true},
             Case{"on", true, true, true},
             Case{"off", false, false, true},
             Case{"off", true, false, true},
             // Whoever cannot spell does not go unprotected.
             Case{"", true, true, false},
             Case{"of", true, true, false},
             Case{"offf", true, true, false},
             Case{"ON", false, false, false},
             Case{"", false, false, false},
         }) {
        struct cpu_features f = {};
        f.meltdown = c.meltdown;
        EXPECT_EQ(cpu_features_choose_pti(&f, text(c.choice)), c.known) << c.choice;
        EXPECT_EQ(f.pti, c.pti) << c.choice << c.meltdown;
        EXPECT_EQ(f.meltdown, c.meltdown) << "a flaw stays one";
    }
}

TEST(CpuFeatures, no_translation_outlives_isolated_tables)
{
    for (bool on : {false, true}) {
        struct cpu_features f = {};
        f.smep = f.pcid = f.global_pages = true;
        EXPECT_TRUE(cpu_features_choose_pti(&f, text(on ? "on" : "off")));
        EXPECT_EQ(f.pcid, !on);
        EXPECT_EQ(f.global_pages, !on);
        EXPECT_TRUE(f.smep);
        EXPECT_EQ(f.pti, on);
    }
}

} // namespace
