// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/entropy/entropy.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/cmdline.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/entropy/entropy_boot.h"
#include "kernel/frame/entropy/stream.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/time/rtc.h"

// The seed's children.
constexpr uint32_t CHILD_BOOT = 0, CHILD_CPU = 1;

// SDM Vol. 1, "Random Number Generator Instructions": RDRAND that fails ten times is broken.
constexpr int HARDWARE_TRIES = 10;

// How many bytes a CPU hands out before its stream takes in the hardware's again, and how many
// at most with interrupts off.
constexpr size_t RESEED_AFTER = MIB;
constexpr size_t CHUNK = 256;

struct cpu_stream {
    struct entropy_stream stream;
    size_t drawn; // since it was last seeded
};

static struct entropy_stream root, boot_stream;
static PERCPU(struct cpu_stream, streams);
static bool fixed, has_rdseed, has_rdrand;

#define DEFINE_HARDWARE(name)                                                                      \
    static bool name(uint64_t *value)                                                              \
    {                                                                                              \
        for (int i = 0; i < HARDWARE_TRIES; i++) {                                                 \
            bool there;                                                                            \
            __asm__ volatile(#name " %0" : "=r"(*value), "=@ccc"(there));                          \
            if (there)                                                                             \
                return true;                                                                       \
            cpu_pause();                                                                           \
        }                                                                                          \
        return false;                                                                              \
    }
DEFINE_HARDWARE(rdseed)
DEFINE_HARDWARE(rdrand)

static void find_hardware(void)
{
    has_rdrand = cpuid(1, 0).ecx >> 30 & 1;
    has_rdseed = cpuid(0, 0).eax >= 7 && (cpuid(7, 0).ebx >> 18 & 1);
}

static void mix_hardware(struct entropy_stream *s)
{
    uint64_t words[4] = {};
    for (int i = 0; i < 4; i++) {
        // RDSEED may be used up by other CPUs; RDRAND does not run dry.
        if (!(has_rdseed && rdseed(&words[i])) && has_rdrand)
            (void)rdrand(&words[i]);
    }
    entropy_stream_mix(s, CSPAN_OF(words));
}

// Quick and no secret-keeper: makes a word of something long that an attacker may know.
static uint64_t digest(uint64_t sum, struct cspan s)
{
    for (size_t at = 0; at + 8 <= s.len; at += 8) {
        sum = (sum ^ cspan_u64(s, at)) * 0x9e37'79b9'7f4a'7c15;
        sum ^= sum >> 29;
    }
    return sum;
}

static uint64_t digest_modules(const struct boot_info *info)
{
    constexpr uint64_t enough = 512; // bytes of each
    uint64_t sum = 0;
    for (size_t i = 0; info->error == nullptr && i < info->module_count; i++) {
        const struct boot_range *r = &info->modules[i].range;
        const void *bytes = phys_to_virt((paddr_t){r->start});
        sum = digest(sum, cspan_make(bytes, min_u64(r->end - r->start, enough)));
    }
    return sum;
}

static void mix_boot_noise(struct entropy_stream *s, const struct boot_info *info)
{
    // The date's registers are slow to read, by how much is the machine's mood.
    uint64_t noise[] = {
        clock_cycles(),
        rtc_read_raw(),
        clock_cycles(),
        digest(info->rsdp,
               cspan_make(info->regions, info->region_count * sizeof(info->regions[0]))),
        // Behind the line there are zeroes.
        digest(0, cspan_make(info->cmdline, align_up(info->cmdline_len, 8))),
        digest(0, cspan_make(info->modules, info->module_count * sizeof(info->modules[0]))),
        digest_modules(info),
        clock_cycles(),
    };
    entropy_stream_mix(s, CSPAN_OF(noise));
}

void entropy_start(const struct boot_info *info)
{
    uint64_t seed;
    entropy_stream_init(&root);
    fixed =
        cmdline_find_u64(cspan_make(info->cmdline, info->cmdline_len), SPAN_TEXT("seed"), &seed);
    if (fixed) {
        entropy_stream_mix(&root, CSPAN_OF(seed));
    } else {
        find_hardware();
        mix_hardware(&root);
        mix_boot_noise(&root, info);
    }
    entropy_stream_fork(&root, CHILD_BOOT, &boot_stream);
}

uint64_t entropy_boot_u64(void)
{
    uint64_t value;
    entropy_stream_fill(&boot_stream, SPAN_OF(value));
    return value;
}

void entropy_start_cpus(void)
{
    for (uint32_t i = 0; i < cpu_count(); i++) {
        struct cpu_stream *c = percpu_on(streams, cpu_block(i));
        entropy_stream_fork(&root, CHILD_CPU + i, &c->stream);
    }
    entropy_stream_init(&root);
}

static void fill_chunk(struct span to)
{
    uint64_t flags = irq_save();
    struct cpu_stream *c = percpu_this(streams);
    c->drawn += to.len;
    if (c->drawn >= RESEED_AFTER && !fixed) {
        c->drawn = 0;
        mix_hardware(&c->stream);
    }
    entropy_stream_fill(&c->stream, to);
    irq_restore(flags);
}

void entropy_fill(struct span to)
{
    for (size_t at = 0; at < to.len; at += CHUNK)
        fill_chunk(span_sub(to, at, min_u64(to.len - at, CHUNK)));
}

uint64_t entropy_u64(void)
{
    uint64_t value;
    fill_chunk(SPAN_OF(value));
    return value;
}

void entropy_add(struct cspan data)
{
    if (fixed)
        return;
    for (size_t at = 0; at < data.len; at += CHUNK) {
        uint64_t flags = irq_save();
        entropy_stream_mix(&percpu_this(streams)->stream,
                           cspan_sub(data, at, min_u64(data.len - at, CHUNK)));
        irq_restore(flags);
    }
}

bool entropy_is_fixed(void) { return fixed; }
