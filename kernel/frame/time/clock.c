// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/clock.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/time/calibrate.h"
#include "kernel/frame/time/rtc.h"

// i8254 data sheet: channel 0's data, and the control word's port.
constexpr uint16_t PIT_CHANNEL0 = 0x40;
constexpr uint16_t PIT_CONTROL = 0x43;
constexpr uint8_t PIT_RATE_16BIT = 0x34; // channel 0, both bytes, mode 2
constexpr uint8_t PIT_LATCH = 0x00;

// The least time between the two readings: the counter's own grain is then below 0.02 %.
constexpr uint64_t CALIBRATION_NS = 5'000'000;

// What time is made of, once it is known.
struct scale_factors {
    uint64_t to_ns, to_cycles;
    uint64_t real_base_ns; // clock_real_ns - clock_mono_ns
};

static uint64_t boot_cycles;
static uint64_t told_hz; // 0: has to be measured
static struct reading boot_reading;
static struct scale_factors factors;
static uint32_t state; // atomic
enum {
    UNKNOWN,
    BEING_FOUND,
    KNOWN
};

uint64_t clock_cycles(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

// The counter between two readings of the time stamp counter, the closest of some.
static struct reading read_pit(void)
{
    struct reading best = {};
    uint64_t best_gap = UINT64_MAX;
    for (int i = 0; i < 5; i++) {
        uint64_t before = clock_cycles();
        outb(PIT_CONTROL, PIT_LATCH);
        uint64_t after = clock_cycles();
        uint16_t low = inb(PIT_CHANNEL0);
        uint16_t pit = (uint16_t)(inb(PIT_CHANNEL0) << 8 | low);
        if (after - before < best_gap) {
            best_gap = after - before;
            best = (struct reading){before + (after - before) / 2, pit};
        }
    }
    return best;
}

// KVM's clock for guests (Linux, Documentation/virt/kvm/x86, "MSR" and "CPUID"): on demand it
// writes this structure.
constexpr uint32_t KVM_SIGNATURE[] = {0x4b4d564b, 0x564b4d56, 0x0000004d};
constexpr uint32_t KVM_FEATURE_CLOCK = 1 << 3;
constexpr uint32_t MSR_KVM_CLOCK = 0x4b564d01;

static volatile struct {
    uint32_t version; // odd while it is being written
    uint32_t unused;
    uint64_t cycles, ns;
    uint32_t mult;
    int8_t shift;
    uint8_t flags;
    uint16_t unused1;
} __attribute__((aligned(32))) kvm_clock;

static void ask_kvm(struct told *t)
{
    struct cpuid_result r = cpuid(0x40000000, 0);
    if (r.ebx != KVM_SIGNATURE[0] || r.ecx != KVM_SIGNATURE[1] || r.edx != KVM_SIGNATURE[2] ||
        !(cpuid(0x40000001, 0).eax & KVM_FEATURE_CLOCK))
        return;
    uint64_t physical = (uint64_t)&kvm_clock - image_offset();
    wrmsr(MSR_KVM_CLOCK, physical | 1); // it is filled in when this instruction is done
    wrmsr(MSR_KVM_CLOCK, 0);
    if (kvm_clock.version != 0 && kvm_clock.version % 2 == 0) {
        t->kvm_mult = kvm_clock.mult;
        t->kvm_shift = kvm_clock.shift;
    }
}

static uint64_t find_told_hz(void)
{
    struct told t = {};
    uint32_t max_leaf = cpuid(0, 0).eax;
    if (max_leaf >= 0x15) {
        struct cpuid_result r = cpuid(0x15, 0);
        t.denominator = r.eax;
        t.numerator = r.ebx;
        t.crystal_hz = r.ecx;
    }
    if (max_leaf >= 0x16)
        t.base_mhz = cpuid(0x16, 0).eax & UINT16_MAX;
    // Hypervisors have leaves of their own from 0x40000000 on, if they say they are there.
    if (cpuid(1, 0).ecx >> 31 & 1) {
        if (cpuid(0x40000000, 0).eax >= 0x40000010)
            t.hypervisor_khz = cpuid(0x40000010, 0).eax;
        ask_kvm(&t);
    }
    return calibrate_told_hz(&t);
}

void clock_init(void)
{
    boot_cycles = clock_cycles();
    told_hz = find_told_hz();
    if (told_hz != 0)
        return;
    outb(PIT_CONTROL, PIT_RATE_16BIT);
    outb(PIT_CHANNEL0, 0); // 65536
    outb(PIT_CHANNEL0, 0);
    boot_reading = read_pit();
}

// Measures since boot if that is long enough ago, and less than the counter takes to come round;
// else from now on.
static uint64_t measured_hz(void)
{
    struct reading from = boot_reading, to = read_pit();
    uint64_t hz = calibrate_hz(from, to);
    uint64_t ns = hz == 0 ? 0 : scale(to.cycles - from.cycles, calibrate_ns_mult(hz));
    // A counter that came round shows too short a time, and so too high a rate; no CPU's counter
    // runs at more than 10 GHz. One that is long past that is not trusted either.
    if (hz > 10'000'000'000 || ns > PIT_ROUND_NS - CALIBRATION_NS) {
        from = to;
        ns = 0;
    }
    while (ns < CALIBRATION_NS) {
        cpu_pause();
        to = read_pit();
        hz = calibrate_hz(from, to);
        ns = hz == 0 ? 0 : scale(to.cycles - from.cycles, calibrate_ns_mult(hz));
    }
    return hz;
}

static void find_rate(void)
{
    uint64_t hz = told_hz != 0 ? told_hz : measured_hz();
    factors.to_ns = calibrate_ns_mult(hz);
    factors.to_cycles = calibrate_cycles_mult(hz);
    uint64_t mono_ns = scale(clock_cycles() - boot_cycles, factors.to_ns);
    __atomic_store_n(&factors.real_base_ns, rtc_read_ns() - mono_ns, __ATOMIC_RELAXED);
}

static const struct scale_factors *known(void)
{
    uint32_t unknown = UNKNOWN;
    if (likely(__atomic_load_n(&state, __ATOMIC_ACQUIRE) == KNOWN))
        return &factors;
    if (__atomic_compare_exchange_n(&state, &unknown, BEING_FOUND, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
        uint64_t flags = irq_save(); // an interrupt here might want to know the time
        find_rate();
        __atomic_store_n(&state, KNOWN, __ATOMIC_RELEASE);
        irq_restore(flags);
    }
    while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) != KNOWN)
        cpu_pause();
    return &factors;
}

uint64_t clock_cycles_to_ns(uint64_t cycles) { return scale(cycles, known()->to_ns); }
uint64_t clock_ns_to_cycles(uint64_t ns) { return scale(ns, known()->to_cycles); }

uint64_t clock_cycles_at(uint64_t mono_ns) { return boot_cycles + clock_ns_to_cycles(mono_ns); }

uint64_t clock_mono_ns(void) { return clock_cycles_to_ns(clock_cycles() - boot_cycles); }

uint64_t clock_real_ns(void)
{
    uint64_t mono_ns = clock_mono_ns();
    return mono_ns + __atomic_load_n(&factors.real_base_ns, __ATOMIC_RELAXED);
}

struct clock_scale clock_scale(void)
{
    const struct scale_factors *f = known();
    return (struct clock_scale){
        boot_cycles,
        f->to_ns,
        __atomic_load_n(&f->real_base_ns, __ATOMIC_RELAXED),
    };
}

void clock_set_real_ns(uint64_t ns)
{
    __atomic_store_n(&factors.real_base_ns, ns - clock_mono_ns(), __ATOMIC_RELAXED);
}
