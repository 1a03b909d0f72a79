// SPDX-License-Identifier: Apache-2.0
#include "toolchain/qemu/options.h"
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_usage[] =
    "usage: bazel run //:qemu -- [OPTION]... [PROGRAM [ARGUMENT]...]\n"
    "\n"
    "Boots a kernel in QEMU, with its console on standard input and output, and ends\n"
    "with the status it ends with. Ctrl-A X leaves. PROGRAM is a static Linux program\n"
    "of this machine for it to run or, with --rootfs, one of the archive's by its path\n"
    "there.\n"
    "\n"
    "  --machine microvm|pc|q35  the machine (default: microvm)\n"
    "  --accel tcg|kvm           the accelerator (default: kvm where it works, else tcg)\n"
    "  --cpu MODEL               QEMU's name of the CPU (default: max, or host with kvm)\n"
    "  --smp N                   CPUs (default: 1)\n"
    "  --mem MIB                 memory in MiB (default: 128)\n"
    "  --kernel FILE|LABEL       the kernel: an ELF image, a GRUB ISO, or a Bazel label\n"
    "  --module FILE             a boot module, without a PROGRAM\n"
    "  --rootfs FILE             a cpio archive (newc) of files for PROGRAM (default: its /init)\n"
    "  --append TEXT             the kernel's command line\n"
    "  --timeout S               end with 124 after S seconds\n"
    "  --icount                  count instructions: every run takes the same guest time\n"
    "  --gdb                     wait for a debugger; prints how to attach one; the kernel\n"
    "                            stays where it is linked (nokaslr), but for an ISO's\n"
    "  -v                        print the accelerator and the QEMU command\n"
    "  -h                        this help\n"
    "\n"
    "Status: the guest's, 0 to 255; 128 and the signal that ended PROGRAM. 124: timeout.\n"
    "125: the machine could not be started or stopped without a status. 126: PROGRAM\n"
    "cannot be run. 134: the kernel panicked.\n";

struct parser {
    int argc;
    char *const *argv;
    int at;
    char *error;
    unsigned size;
};

static bool fail(struct parser *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->error, p->size, format, args);
    va_end(args);
    return false;
}

// If the current argument is `name`, takes its value: the next argument, or what follows "=".
// `*value` is null if it is another option.
static bool take_value(struct parser *p, const char *name, const char **value)
{
    const char *arg = p->argv[p->at];
    size_t len = strlen(name);
    *value = nullptr;
    if (strncmp(arg, name, len) != 0 || (arg[len] != 0 && arg[len] != '='))
        return true;
    if (arg[len] == '=')
        *value = arg + len + 1;
    else if (p->at + 1 < p->argc)
        *value = p->argv[++p->at];
    else
        return fail(p, "%s: a value is missing", name);
    return true;
}

static bool parse_number(struct parser *p, const char *name, const char *text, unsigned min,
                         unsigned max, unsigned *out)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || errno != 0 || value < min || value > max)
        return fail(p, "%s: '%s' is not a number from %u to %u", name, text, min, max);
    *out = (unsigned)value;
    return true;
}

static bool parse_machine(struct parser *p, const char *text, struct options *o)
{
    static const char *const machines[] = {"microvm", "pc", "q35"};
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        if (strcmp(text, machines[i]) == 0) {
            o->machine = machines[i];
            return true;
        }
    }
    return fail(p, "--machine: '%s' is none of microvm, pc and q35", text);
}

static bool parse_accel(struct parser *p, const char *text, struct options *o)
{
    if (strcmp(text, "tcg") == 0)
        o->accel = ACCEL_TCG;
    else if (strcmp(text, "kvm") == 0)
        o->accel = ACCEL_KVM;
    else
        return fail(p, "--accel: '%s' is neither tcg nor kvm", text);
    return true;
}

static bool parse_flag(const char *arg, struct options *o)
{
    if (strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0)
        o->help = true;
    else if (strcmp(arg, "-v") == 0 || strcmp(arg, "--verbose") == 0)
        o->verbose = true;
    else if (strcmp(arg, "--gdb") == 0)
        o->gdb = true;
    else if (strcmp(arg, "--icount") == 0)
        o->icount = true;
    else
        return false;
    return true;
}

static bool parse_one(struct parser *p, struct options *o)
{
    const struct {
        const char *name;
        const char **to;
    } strings[] = {
        {"--cpu", &o->cpu},       {"--kernel", &o->kernel}, {"--module", &o->module},
        {"--append", &o->append}, {"--qemu", &o->qemu},     {"--gdb-script", &o->gdb_script},
        {"--rootfs", &o->rootfs},
    };
    const struct {
        const char *name;
        unsigned min, max;
        unsigned *to;
    } numbers[] = {
        {"--smp", 1, 255, &o->smp},
        {"--mem", 1, 1u << 20, &o->mem_mib},
        {"--timeout", 1, INT_MAX / 1000, &o->timeout_s},
    };
    const char *value;

    if (parse_flag(p->argv[p->at], o))
        return true;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (!take_value(p, strings[i].name, &value))
            return false;
        if (value != nullptr) {
            *strings[i].to = value;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (!take_value(p, numbers[i].name, &value))
            return false;
        if (value != nullptr)
            return parse_number(p, numbers[i].name, value, numbers[i].min, numbers[i].max,
                                numbers[i].to);
    }
    if (!take_value(p, "--machine", &value))
        return false;
    if (value != nullptr)
        return parse_machine(p, value, o);
    if (!take_value(p, "--accel", &value))
        return false;
    if (value != nullptr)
        return parse_accel(p, value, o);
    return fail(p, "%s: no such option; -h lists them", p->argv[p->at]);
}

bool options_parse(int argc, char *const argv[], struct options *o, char *error, unsigned size)
{
    *o = (struct options){
        .machine = "microvm",
        .accel = ACCEL_AUTO,
        .smp = 1,
        .mem_mib = MEM_DEFAULT_MIB,
    };
    struct parser p = {argc, argv, 0, error, size};
    for (p.at = 1; p.at < argc && argv[p.at][0] == '-'; p.at++) {
        if (!parse_one(&p, o))
            return false;
    }
    o->program = argv + p.at;
    o->program_words = argc - p.at;
    if (o->module != nullptr && (o->program_words > 0 || o->rootfs != nullptr))
        return fail(&p, "a program, or an archive, is the boot module: not with --module");
    if (o->rootfs != nullptr)
        o->module = o->rootfs;
    else if (o->program_words > 0)
        o->module = o->program[0];
    if (o->icount && o->accel == ACCEL_KVM)
        return fail(&p, "--icount counts in tcg only, not with --accel kvm");
    return true;
}
