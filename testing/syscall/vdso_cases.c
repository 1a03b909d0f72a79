// SPDX-License-Identifier: Apache-2.0
// vdso(7): what the kernel maps into programs says what its calls say.
#include "testing/syscall/check.h"
#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

constexpr long SECOND = 1000000000;

// ---- finding a function ---------------------------------------------------------------------

static char *image(void) { return (char *)getauxval(AT_SYSINFO_EHDR); }

static const Elf64_Phdr *header(uint32_t type)
{
    const Elf64_Ehdr *e = (const Elf64_Ehdr *)image();
    const Elf64_Phdr *p = (const Elf64_Phdr *)(image() + e->e_phoff);
    for (int i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == type)
            return &p[i];
    }
    return nullptr;
}

// What its dynamic section says: an address in memory as it is linked for 0, or a number.
static const Elf64_Dyn *dynamic(long tag)
{
    const Elf64_Dyn *d = (const Elf64_Dyn *)(image() + header(PT_DYNAMIC)->p_vaddr);
    while (d->d_tag != tag && d->d_tag != DT_NULL)
        d++;
    CHECK_EQ(d->d_tag, tag);
    return d;
}

static const void *table(long tag) { return image() + dynamic(tag)->d_un.d_ptr; }
static const char *string(uint64_t at) { return (const char *)table(DT_STRTAB) + at; }
static const Elf64_Sym *symbol(uint32_t i) { return (const Elf64_Sym *)table(DT_SYMTAB) + i; }

static bool is_called(uint32_t i, const char *name)
{
    return symbol(i)->st_shndx != SHN_UNDEF && strcmp(string(symbol(i)->st_name), name) == 0;
}

// The name of a symbol's version.
static const char *version(uint32_t i)
{
    uint16_t wanted = ((const uint16_t *)table(DT_VERSYM))[i] & 0x7fff;
    const Elf64_Verdef *v = table(DT_VERDEF);
    while (v->vd_ndx != wanted && v->vd_next != 0)
        v = (const Elf64_Verdef *)((const char *)v + v->vd_next);
    CHECK_EQ(v->vd_ndx, wanted);
    return string(((const Elf64_Verdaux *)((const char *)v + v->vd_aux))->vda_name);
}

// gABI, "Hash Table". 0: there is none of that name.
static uint32_t find_by_hash(const char *name)
{
    const uint32_t *t = table(DT_HASH), *buckets = t + 2, *chain = buckets + t[0];
    uint32_t hash = 0;
    for (const char *c = name; *c != 0; c++) {
        hash = (hash << 4) + (unsigned char)*c;
        hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
    }
    uint32_t i = buckets[hash % t[0]];
    while (i != 0 && !is_called(i, name))
        i = chain[i];
    return i;
}

// The same by the table that glibc prefers: a filter, buckets, and hashes whose last of a bucket is
// odd.
static uint32_t find_by_gnu_hash(const char *name)
{
    const uint32_t *t = table(DT_GNU_HASH), *buckets = t + 4 + t[2] * 2, *hashes = buckets + t[0];
    const uint64_t *filter = (const uint64_t *)(t + 4);
    uint32_t hash = 5381;
    for (const char *c = name; *c != 0; c++)
        hash = hash * 33 + (unsigned char)*c;
    uint64_t word = filter[hash / 64 % t[2]];
    if ((word >> hash % 64 & word >> (hash >> t[3]) % 64 & 1) == 0)
        return 0;
    for (uint32_t i = buckets[hash % t[0]]; i != 0; i++) {
        uint32_t of_symbol = hashes[i - t[1]];
        if ((of_symbol | 1) == (hash | 1) && is_called(i, name))
            return i;
        if ((of_symbol & 1) != 0)
            break;
    }
    return 0;
}

static const void *find(const char *name)
{
    uint32_t i = find_by_hash(name);
    CHECK(i != 0);
    CHECK_EQ(find_by_gnu_hash(name), i);
    CHECK(strcmp(version(i), "LINUX_2.6") == 0);
    CHECK_EQ(ELF64_ST_TYPE(symbol(i)->st_info), STT_FUNC);
    return image() + symbol(i)->st_value;
}

static int vdso_clock_gettime(int clock, struct timespec *t)
{
    int (*f)(int, struct timespec *) = find("__vdso_clock_gettime");
    return f(clock, t);
}

static int vdso_clock_getres(int clock, struct timespec *t)
{
    int (*f)(int, struct timespec *) = find("__vdso_clock_getres");
    return f(clock, t);
}

static int vdso_gettimeofday(struct timeval *t, struct timezone *zone)
{
    int (*f)(struct timeval *, struct timezone *) = find("__vdso_gettimeofday");
    return f(t, zone);
}

static long vdso_time(long *at)
{
    long (*f)(long *) = find("__vdso_time");
    return f(at);
}

static int vdso_getcpu(unsigned *cpu, unsigned *node)
{
    int (*f)(unsigned *, unsigned *, void *) = find("__vdso_getcpu");
    return f(cpu, node, nullptr);
}

// ---- clocks ---------------------------------------------------------------------------------

static const int clocks[] = {
    CLOCK_REALTIME,          CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
    CLOCK_MONOTONIC_COARSE,  CLOCK_BOOTTIME,  CLOCK_TAI,           CLOCK_PROCESS_CPUTIME_ID,
    CLOCK_THREAD_CPUTIME_ID,
};
constexpr unsigned CLOCK_COUNT = sizeof(clocks) / sizeof(clocks[0]);

static long ns_of(const struct timespec *t)
{
    CHECK(t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < SECOND);
    return t->tv_sec * SECOND + t->tv_nsec;
}

static long by_call(int clock)
{
    struct timespec t = {-1, -1};
    CHECK_EQ(call(SYS_clock_gettime, clock, &t), 0);
    return ns_of(&t);
}

static long by_vdso(int clock)
{
    struct timespec t = {-1, -1};
    CHECK_EQ(vdso_clock_gettime(clock, &t), 0);
    return ns_of(&t);
}

CASE(clock_gettime, "is in the vDSO, a library of one segment")
{
    const Elf64_Ehdr *e = (const Elf64_Ehdr *)image();
    CHECK(e != nullptr && (uintptr_t)e % 4096 == 0 && memcmp(e->e_ident, ELFMAG, SELFMAG) == 0);
    CHECK(e->e_type == ET_DYN && e->e_machine == EM_X86_64);
    CHECK(header(PT_LOAD)->p_offset == 0 && header(PT_LOAD)->p_vaddr == 0);
    CHECK_EQ(header(PT_LOAD)->p_flags, PF_R | PF_X);
    CHECK(header(PT_GNU_EH_FRAME) != nullptr);
    CHECK(strcmp(string(dynamic(DT_SONAME)->d_un.d_val), "linux-vdso.so.1") == 0);
    CHECK(find("clock_gettime") == find("__vdso_clock_gettime"));
    CHECK(find("clock_getres") == find("__vdso_clock_getres"));
    CHECK(find("gettimeofday") == find("__vdso_gettimeofday"));
    CHECK(find("time") == find("__vdso_time"));
    CHECK(find("getcpu") == find("__vdso_getcpu"));
    CHECK(find_by_hash("nothing") == 0 && find_by_gnu_hash("nothing") == 0);
}

CASE(clock_gettime, "of the vDSO is between two calls")
{
    for (unsigned i = 0; i < CLOCK_COUNT; i++) {
        long last = by_call(clocks[i]);
        for (int n = 0; n < 1000; n++) {
            long now = n % 2 == 0 ? by_vdso(clocks[i]) : by_call(clocks[i]);
            CHECK(now >= last);
            last = now;
        }
        while (by_vdso(clocks[i]) == last)
            continue;
    }
}

CASE(clock_gettime, "of the vDSO has the call's errors, but for bad addresses")
{
    struct timespec t;
    CHECK_EQ(vdso_clock_gettime(9999, &t), -EINVAL);
    CHECK_EQ(vdso_clock_gettime(9999, (struct timespec *)nowhere), -EINVAL);
}

static void write_nowhere(void)
{
    by_vdso(CLOCK_MONOTONIC);
    vdso_clock_gettime(CLOCK_MONOTONIC, (struct timespec *)nowhere);
}

CASE(clock_gettime, "of the vDSO faults as the program's own code")
{
    by_call(CLOCK_MONOTONIC);
    int status = in_child(write_nowhere);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

// The latest time that any process has seen.
static _Atomic long *latest;

static bool look_at_clock(void)
{
    bool good = true;
    int (*gettime)(int, struct timespec *) = find("__vdso_clock_gettime");
    for (int i = 0; i < 20000; i++) {
        struct timespec t;
        long seen = atomic_load(latest);
        good = good && gettime(CLOCK_MONOTONIC, &t) == 0;
        long now = ns_of(&t);
        good = good && now >= seen;
        while (seen < now && !atomic_compare_exchange_weak(latest, &seen, now))
            continue;
    }
    return good;
}

CASE(clock_gettime, "of the vDSO does not go back from one CPU to another")
{
    constexpr int CHILDREN = 4;
    latest = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(latest != MAP_FAILED);
    for (int i = 0; i < CHILDREN; i++) {
        long pid = call(SYS_fork);
        CHECK(pid >= 0);
        if (pid == 0)
            call(SYS_exit_group, look_at_clock() ? 0 : 1);
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        CHECK(call(SYS_wait4, -1, &status, 0, nullptr) > 0);
        CHECK_EQ(status, 0);
    }
    CHECK(by_call(CLOCK_MONOTONIC) >= *latest);
    munmap((void *)latest, 4096);
}

CASE(clock_getres, "of the vDSO says what the call says")
{
    for (unsigned i = 0; i < CLOCK_COUNT; i++) {
        struct timespec a = {-1, -1}, b = {-2, -2};
        CHECK_EQ(call(SYS_clock_getres, clocks[i], &a), 0);
        CHECK_EQ(vdso_clock_getres(clocks[i], &b), 0);
        CHECK_EQ(ns_of(&a), ns_of(&b));
        CHECK_EQ(vdso_clock_getres(clocks[i], nullptr), 0);
    }
    struct timespec t;
    CHECK_EQ(vdso_clock_getres(9999, &t), -EINVAL);
}

CASE(gettimeofday, "of the vDSO agrees with the real-time clock")
{
    struct timeval t = {-1, -1};
    struct timezone a = {-1, -1}, b = {-2, -2};
    long before = by_call(CLOCK_REALTIME) / 1000;
    CHECK_EQ(vdso_gettimeofday(&t, &b), 0);
    long now = t.tv_sec * 1000000 + t.tv_usec, after = by_call(CLOCK_REALTIME) / 1000;
    CHECK(t.tv_usec >= 0 && t.tv_usec < 1000000);
    CHECK(before <= now && now <= after);
    CHECK_EQ(call(SYS_gettimeofday, nullptr, &a), 0);
    CHECK(a.tz_minuteswest == b.tz_minuteswest && a.tz_dsttime == b.tz_dsttime);
    CHECK_EQ(vdso_gettimeofday(&t, nullptr), 0);
    CHECK_EQ(vdso_gettimeofday(nullptr, &b), 0);
    CHECK_EQ(vdso_gettimeofday(nullptr, nullptr), 0);
}

CASE(time, "of the vDSO is between two calls")
{
    long stored = -1, before = call(SYS_time, nullptr), now = vdso_time(&stored);
    CHECK_EQ(stored, now);
    CHECK(before <= now && now <= call(SYS_time, nullptr));
    CHECK(now <= vdso_time(nullptr));
}

// ---- CPUs -----------------------------------------------------------------------------------

CASE(getcpu, "of the vDSO says which CPU of those that are allowed")
{
    cpu_set_t all, one;
    CPU_ZERO(&all);
    CHECK(call(SYS_sched_getaffinity, 0, sizeof(all), &all) > 0);
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        unsigned cpu = ~0u, node = ~0u, node_by_call = ~1u;
        if (!CPU_ISSET(i, &all))
            continue;
        CPU_ZERO(&one);
        CPU_SET(i, &one);
        CHECK_EQ(call(SYS_sched_setaffinity, 0, sizeof(one), &one), 0);
        CHECK_EQ(vdso_getcpu(&cpu, &node), 0);
        CHECK_EQ(cpu, i);
        CHECK_EQ(call(SYS_getcpu, nullptr, &node_by_call, nullptr), 0);
        CHECK_EQ(node, node_by_call);
    }
    CHECK_EQ(call(SYS_sched_setaffinity, 0, sizeof(all), &all), 0);
    CHECK_EQ(vdso_getcpu(nullptr, nullptr), 0);
}

// ---- what programs can do to it -------------------------------------------------------------

CASE(mprotect, "does not open what the kernel writes for the vDSO")
{
    char *data = image() - 4096;
    CHECK_EQ(call(SYS_mprotect, data, 4096, PROT_READ | PROT_WRITE), -EACCES);
    CHECK_EQ(call(SYS_mprotect, data, 4096, PROT_READ | PROT_EXEC), -EACCES);
    CHECK_EQ(call(SYS_mprotect, data, 4096, PROT_READ), 0);
    by_vdso(CLOCK_MONOTONIC);
}

// Linux changes it as a whole or not at all.
static size_t image_size(void) { return (header(PT_LOAD)->p_memsz + 4095) / 4096 * 4096; }

// Where a library's file has nothing.
static volatile char *padding(void) { return image() + EI_PAD; }

static void patch_image(void)
{
    CHECK_EQ(call(SYS_mprotect, image(), image_size(), PROT_READ | PROT_WRITE), 0);
    *padding() = 'x';
    CHECK_EQ(*padding(), 'x');
}

CASE(mprotect, "lets a program patch the vDSO for itself, as debuggers do")
{
    CHECK_EQ(in_child(patch_image), 0);
    CHECK_EQ(*padding(), 0);
}

static void unmap_image(void)
{
    CHECK_EQ(call(SYS_munmap, image(), image_size()), 0);
    CHECK(by_call(CLOCK_MONOTONIC) > 0);
}

CASE(munmap, "takes the vDSO away like anything else") { CHECK_EQ(in_child(unmap_image), 0); }
