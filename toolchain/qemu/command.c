// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "toolchain/qemu/command.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// kernel/frame/power: the ports of the status byte and of the exit.
#define STATUS_DEVICE "isa-debugcon,iobase=0xe8,chardev=status"
#define EXIT_DEVICE "isa-debug-exit,iobase=0xf4,iosize=4"

// What boot/boot_info.h has room for.
constexpr size_t CMDLINE_MAX = 2048;

static void add(struct command *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (c->count == COMMAND_WORDS_MAX || vasprintf(&c->words[c->count++], format, args) < 0)
        abort();
    va_end(args);
}

static void add_all(struct command *c, const char *const *words)
{
    for (; *words != nullptr; words++)
        add(c, "%s", *words);
}

static void add_console(struct command *c, bool terminal)
{
    // On a terminal QEMU watches for Ctrl-A X, and Ctrl-C is the guest's. A pipe's bytes are
    // all the guest's.
    add(c, "-chardev");
    add(c, "stdio,id=console%s", terminal ? ",mux=on,signal=off" : "");
    add(c, "-serial");
    add(c, "chardev:console");
    if (terminal)
        add_all(c, (const char *[]){"-mon", "chardev=console", nullptr});
}

static void add_exit(struct command *c, int status_fd)
{
    add(c, "-chardev");
    add(c, "file,id=status,path=/proc/self/fd/%d", status_fd);
    add_all(c, (const char *[]){"-device", STATUS_DEVICE, "-device", EXIT_DEVICE, nullptr});
}

// One word of the kernel's command line for each of a program's: what would end it is written
// %XX, as in a URL, and an empty one as % alone.
static void print_word(FILE *to, const char *word)
{
    fputs(word[0] != 0 ? " " : " %", to);
    for (; *word != 0; word++) {
        unsigned char byte = (unsigned char)*word;
        if (byte <= ' ' || byte >= 0x7f || byte == '%' || byte == '"')
            fprintf(to, "%%%02X", byte);
        else
            fputc(byte, to);
    }
}

static void print_option(FILE *to, const char *option)
{
    if (ftell(to) > 0)
        fputc(' ', to);
    fputs(option, to);
}

// What --append says, what the console and a debugger need, and the program's words. From malloc.
static char *kernel_cmdline(const struct options *o, const struct resources *r)
{
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (to == nullptr)
        abort();
    fputs(o->append != nullptr ? o->append : "", to);
    if (r->framed)
        print_option(to, "console=framed");
    // A debugger's symbols are at the addresses that the kernel is linked for.
    if (r->gdb_socket != nullptr)
        print_option(to, "nokaslr");
    if (o->program_words > 0)
        fputs(" --", to);
    for (int i = 0; i < o->program_words; i++)
        print_word(to, o->program[i]);
    if (fclose(to) != 0)
        abort();
    return text;
}

static void add_payload(struct command *c, const struct options *o, const struct resources *r)
{
    if (r->iso) {
        add_all(c, (const char *[]){"-cdrom", o->kernel, "-boot", "d", nullptr});
        return;
    }
    add_all(c, (const char *[]){"-kernel", o->kernel, nullptr});
    // By descriptor, since QEMU takes blanks and commas in a module's name as separators.
    if (r->module_fd >= 0) {
        add(c, "-initrd");
        add(c, "/proc/self/fd/%d", r->module_fd);
    }
    char *cmdline = kernel_cmdline(o, r);
    if (cmdline[0] != 0)
        add_all(c, (const char *[]){"-append", cmdline, nullptr});
    free(cmdline);
}

static bool check(const struct options *o, const struct resources *r, char *error, unsigned size)
{
    const char *why = nullptr;
    if (r->iso && strcmp(o->machine, "microvm") == 0)
        why = "microvm has no CD drive: an ISO needs --machine pc or q35";
    else if (r->iso && (o->module != nullptr || o->append != nullptr))
        why = "an ISO brings its own modules and command line: no --module, no --append";
    char *cmdline = kernel_cmdline(o, r);
    if (strlen(cmdline) >= CMDLINE_MAX)
        why = "the kernel's command line, with the program's arguments, is longer than 2047 bytes";
    free(cmdline);
    if (why != nullptr)
        snprintf(error, size, "%s", why);
    return why == nullptr;
}

bool command_build(const struct options *o, const struct resources *r, struct command *c,
                   char *error, unsigned size)
{
    *c = (struct command){};
    if (!check(o, r, error, size))
        return false;
    add_all(c, (const char *[]){o->qemu, "-no-user-config", "-nodefaults", "-display", "none",
                                "-no-reboot", "-machine", o->machine, "-accel",
                                r->kvm ? "kvm" : "tcg", "-cpu",
                                o->cpu != nullptr ? o->cpu
                                : r->kvm          ? "host"
                                                  : "max",
                                nullptr});
    add(c, "-smp");
    add(c, "%u", o->smp);
    add(c, "-m");
    add(c, "%uM", o->mem_mib);
    add_console(c, r->terminal);
    add_exit(c, r->status_fd);
    if (o->icount)
        add_all(c, (const char *[]){"-icount", "shift=0,sleep=off", nullptr});
    if (r->gdb_socket != nullptr) {
        add_all(c, (const char *[]){"-S", "-gdb", nullptr});
        add(c, "unix:%s,server=on,wait=off", r->gdb_socket);
    }
    add_payload(c, o, r);
    return true;
}

void command_free(struct command *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->words[i]);
    *c = (struct command){};
}

bool cpuinfo_has_virtualization(const char *text)
{
    const char *flags = strstr(text, "\nflags");
    if (flags == nullptr)
        return false;
    const char *end = strchrnul(flags + 1, '\n');
    for (const char *word = flags; word < end;) {
        word += strspn(word, " \t\n");
        size_t len = strcspn(word, " \t\n");
        if (len == 3 && (strncmp(word, "vmx", 3) == 0 || strncmp(word, "svm", 3) == 0))
            return true;
        word += len;
    }
    return false;
}

bool kvm_is_usable(void)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm < 0)
        return false;
    close(kvm);
    // The first CPU's part says enough.
    char text[16384];
    int info = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    if (info < 0)
        return false;
    ssize_t len = read(info, text, sizeof(text) - 1);
    close(info);
    if (len <= 0)
        return false;
    text[len] = 0;
    return cpuinfo_has_virtualization(text);
}

bool head_is_iso(const char *head, size_t len)
{
    // ECMA-119, 8.1.2: the standard identifier of the first volume descriptor.
    constexpr size_t at = 32769;
    return len >= at + 5 && memcmp(head + at, "CD001", 5) == 0;
}
