// SPDX-License-Identifier: Apache-2.0
#include "boot/boot_mem.h"

bool boot_mem_view(struct boot_mem mem, uint64_t at, uint64_t len, struct cspan *out)
{
    if (at > mem.bytes.len || len > mem.bytes.len - at)
        return false;
    *out = cspan_sub(mem.bytes, at, len);
    return true;
}

size_t boot_mem_string(struct boot_mem mem, uint64_t at, char *to, size_t max, bool *cut)
{
    *cut = false;
    for (size_t len = 0;; len++) {
        struct cspan c;
        if (!boot_mem_view(mem, at + len, 1, &c) || c.bytes[0] == 0)
            return len;
        if (len == max) {
            *cut = true;
            return len;
        }
        to[len] = (char)c.bytes[0];
    }
}

void boot_mem_cmdline(struct boot_mem mem, uint64_t at, struct boot_info *info)
{
    info->cmdline_len =
        boot_mem_string(mem, at, info->cmdline, BOOT_CMDLINE_MAX, &info->cmdline_cut);
}

bool boot_mem_module(struct boot_mem mem, uint64_t start, uint64_t end, struct boot_info *info)
{
    struct cspan bytes;
    if (info->module_count == BOOT_MODULES_MAX) {
        info->error = "the loader passed too many modules";
        return false;
    }
    if (end < start || !boot_mem_view(mem, start, end - start, &bytes)) {
        info->error = "the loader passed a module outside the memory that can be reached";
        return false;
    }
    info->modules[info->module_count++] = (struct boot_module){.range = {start, end}};
    return true;
}

void boot_mem_module_name(struct boot_mem mem, uint64_t at, struct boot_info *info)
{
    struct boot_module *m = &info->modules[info->module_count - 1];
    bool cut;
    if (at != 0)
        m->name_len = boot_mem_string(mem, at, m->name, BOOT_MODULE_NAME_MAX, &cut);
}
