// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/user_state.h"
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/mem.h"

// Of XCR0 (SDM Vol. 1, "XSAVE-Supported Features and State-Component Bitmaps").
constexpr uint64_t XCR0_X87 = 1 << 0;
constexpr uint64_t XCR0_SSE = 1 << 1;
constexpr uint64_t XCR0_AVX = 1 << 2;
constexpr uint64_t XCR0_AVX512 = 7 << 5;

static bool has_xsaveopt;

void user_state_init(void)
{
    if (!cpu_features.xsave)
        return;
    struct cpuid_result r = cpuid(0xd, 0);
    uint64_t offered = (uint64_t)r.edx << 32 | r.eax;
    uint64_t xcr0 = XCR0_X87 | XCR0_SSE | (offered & XCR0_AVX);
    if ((offered & XCR0_AVX512) == XCR0_AVX512 && (xcr0 & XCR0_AVX) != 0)
        xcr0 |= XCR0_AVX512;
    user_state_kind.xcr0 = xcr0;
    has_xsaveopt = cpuid(0xd, 1).eax & 1;
}

static void write_xcr0(uint64_t value)
{
    __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

// Which bits MXCSR has, the CPU tells in an image of its own.
static void find_mxcsr_mask(void)
{
    alignas(16) uint8_t image[FXSAVE_SIZE];
    __asm__ volatile("fxsave64 (%0)" ::"r"(image) : "memory");
    uint32_t mask = cspan_u32(CSPAN_OF(image), 28);
    if (mask != 0)
        user_state_kind.mxcsr_mask = mask;
}

void user_state_enable(void)
{
    write_cr0((read_cr0() & ~(CR0_TS | CR0_EM)) | CR0_MP | CR0_NE);
    uint64_t xcr0 = user_state_kind.xcr0;
    write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT | (xcr0 != 0 ? CR4_OSXSAVE : 0));
    find_mxcsr_mask();
    if (xcr0 == 0)
        return;
    write_xcr0(xcr0);
    user_state_kind.fpu_size = cpuid(0xd, 0).ebx; // for what XCR0 has switched on
    ASSERT(user_state_kind.fpu_size <= FPU_IMAGE_MAX);
}

static void save_fpu(struct user_state *s)
{
    uint64_t xcr0 = user_state_kind.xcr0;
    uint32_t low = (uint32_t)xcr0, high = (uint32_t)(xcr0 >> 32);
    if (xcr0 == 0)
        __asm__ volatile("fxsave64 (%0)" ::"r"(s->fpu) : "memory");
    else if (has_xsaveopt)
        __asm__ volatile("xsaveopt64 (%0)" ::"r"(s->fpu), "a"(low), "d"(high) : "memory");
    else
        __asm__ volatile("xsave64 (%0)" ::"r"(s->fpu), "a"(low), "d"(high) : "memory");
}

static void load_fpu(const struct user_state *s)
{
    uint64_t xcr0 = user_state_kind.xcr0;
    uint32_t low = (uint32_t)xcr0, high = (uint32_t)(xcr0 >> 32);
    if (xcr0 == 0)
        __asm__ volatile("fxrstor64 (%0)" ::"r"(s->fpu) : "memory");
    else
        __asm__ volatile("xrstor64 (%0)" ::"r"(s->fpu), "a"(low), "d"(high) : "memory");
}

// In the kernel the program's GS base is where SWAPGS finds it.
static void load_bases(const struct user_state *s)
{
    wrmsr(MSR_FS_BASE, s->fs_base);
    wrmsr(MSR_KERNEL_GS_BASE, s->gs_base);
}

static void save_bases(struct user_state *s)
{
    // With FSGSBASE the program may have changed them by itself.
    if (!cpu_features.fsgsbase)
        return;
    s->fs_base = rdmsr(MSR_FS_BASE);
    s->gs_base = rdmsr(MSR_KERNEL_GS_BASE);
}

static void set_loaded(struct user_state *s, struct cpu_arch *loaded)
{
    __atomic_store_n(&s->loaded, loaded, __ATOMIC_RELEASE);
}

bool user_state_load(struct user_state *s)
{
    struct cpu_arch *cpu = cpu_arch_this();
    if (likely(cpu->user_state == s))
        return false;
    user_state_save();
    ASSERT(__atomic_load_n(&s->loaded, __ATOMIC_ACQUIRE) == nullptr);
    load_fpu(s);
    load_bases(s);
    cpu->user_state = s;
    set_loaded(s, cpu);
    return true;
}

void user_state_save(void)
{
    struct cpu_arch *cpu = cpu_arch_this();
    struct user_state *s = cpu->user_state;
    if (s == nullptr)
        return;
    save_fpu(s);
    save_bases(s);
    cpu->user_state = nullptr;
    set_loaded(s, nullptr);
}

void user_state_sync(struct user_state *s, bool forget)
{
    uint64_t flags = irq_save();
    if (cpu_arch_this()->user_state == s) {
        save_fpu(s);
        save_bases(s);
        if (forget) {
            cpu_arch_this()->user_state = nullptr;
            set_loaded(s, nullptr);
        }
    }
    irq_restore(flags);
}
