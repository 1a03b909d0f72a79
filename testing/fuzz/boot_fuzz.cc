// SPDX-License-Identifier: Apache-2.0
// Whatever a loader and a firmware leave in memory: boot protocols, memory maps, ACPI's tables and
// the command line are read without leaving what is mapped, and what comes out is sound.
#include "boot/memmap.h"
#include "boot/protocol.h"
#include "kernel/frame/acpi/acpi.h"
#include "kernel/frame/base/cmdline.h"
#include "testing/fuzz/input.h"
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace
{

// A copy of its own for every input, whose ends ASan guards.
std::unique_ptr<uint8_t[]> copy_of(const uint8_t *from, size_t size)
{
    std::unique_ptr<uint8_t[]> bytes(new uint8_t[size]);
    if (size > 0)
        memcpy(bytes.get(), from, size);
    return bytes;
}

void check_within(struct cspan part, struct cspan all)
{
    CHECK(part.bytes >= all.bytes && part.bytes + part.len <= all.bytes + all.len);
}

void find_words(struct cspan line)
{
    for (const char *key : {"loglevel", "test", "n", "", "a=b", "seed"}) {
        struct cspan k = cspan_make(key, strlen(key)), value;
        uint64_t number;
        if (cmdline_find(line, k, &value))
            check_within(value, line);
        if (cmdline_find_u64(line, k, &number))
            CHECK(cmdline_find(line, k, &value) && value.len > 0);
    }
}

void read_acpi(struct acpi_memory memory, uint64_t rsdp)
{
    struct cspan table;
    for (const char *signature : {"FACP", "APIC", "DSDT"}) {
        if (!acpi_find_table(memory, rsdp, signature, &table))
            continue;
        check_within(table, memory.bytes);
        CHECK(table.len >= 36 && memcmp(table.bytes, signature, 4) == 0);
    }
    struct acpi_sleep sleep;
    if (acpi_find_sleep(memory, rsdp, &sleep)) {
        CHECK(sleep.control_a != 0);
        CHECK(sleep.memory || (sleep.control_a < 65536 && sleep.control_b < 65536));
    }
    struct acpi_cpus cpus;
    CHECK(acpi_find_cpus(memory, rsdp, &cpus) == (cpus.count > 0));
    CHECK(cpus.count <= ACPI_CPUS_MAX && (cpus.ignored == 0 || cpus.count == ACPI_CPUS_MAX));
}

void check_info(const struct boot_info &info, size_t memory_size)
{
    CHECK(info.region_count > 0 && info.region_count <= BOOT_REGIONS_MAX);
    for (size_t i = 0; i < info.region_count; i++) {
        const struct boot_range &r = info.regions[i];
        CHECK(r.start < r.end && ((r.start | r.end) & PAGE_MASK) == 0);
        CHECK(i == 0 || info.regions[i - 1].end < r.start);
    }
    CHECK(info.module_count <= BOOT_MODULES_MAX);
    for (size_t i = 0; i < info.module_count; i++) {
        const struct boot_module &m = info.modules[i];
        CHECK(m.range.start <= m.range.end && m.range.end <= memory_size);
        CHECK(m.name_len <= BOOT_MODULE_NAME_MAX);
    }
    CHECK(info.cmdline_len <= BOOT_CMDLINE_MAX);
}

void boot(Input in, uint32_t magic)
{
    uint64_t at = in.u8();
    auto bytes = copy_of(in.rest(), in.left());
    struct cspan memory = cspan_make(bytes.get(), in.left());
    // The parsers find junk there, as in a kernel that has just started.
    auto info = std::make_unique<struct boot_info>();
    memset(static_cast<void *>(info.get()), 0xee, sizeof(*info));
    boot_parse(magic, {memory}, at, info.get());
    CHECK(info->protocol != nullptr);
    if (info->error != nullptr)
        return;
    check_info(*info, memory.len);
    find_words(cspan_make(info->cmdline, info->cmdline_len));
    read_acpi({memory}, info->rsdp);
}

// A memory map of few, small entries, byte by byte.
void memory_map(Input in)
{
    constexpr size_t PAGES = 64, GRAINS = 16; // of 256 bytes
    std::vector<bool> usable(PAGES * GRAINS), excluded(PAGES * GRAINS);
    auto map = std::make_unique<struct memmap>();
    while (!in.empty() && map->count < MEMMAP_ENTRIES_MAX) {
        uint64_t start = in.below(PAGES * GRAINS), len = in.below(256);
        bool use = in.u8() % 2;
        uint64_t end = min_u64(start + len, PAGES * GRAINS);
        memmap_add(map.get(), start * 256, (end - start) * 256, use);
        for (uint64_t i = start; i < end; i++)
            (use ? usable : excluded)[i] = true;
    }
    std::vector<std::pair<uint64_t, uint64_t>> want;
    for (uint64_t page = 0; page < PAGES; page++) {
        bool whole = true;
        for (uint64_t i = page * GRAINS; i < (page + 1) * GRAINS; i++)
            whole = whole && usable[i] && !excluded[i];
        if (whole && !want.empty() && want.back().second == page)
            want.back().second++;
        else if (whole)
            want.emplace_back(page, page + 1);
    }
    struct boot_range regions[BOOT_REGIONS_MAX];
    size_t count = memmap_usable(map.get(), regions, BOOT_REGIONS_MAX);
    CHECK(count == want.size());
    for (size_t i = 0; i < count; i++)
        CHECK(regions[i].start == want[i].first * PAGE_SIZE &&
              regions[i].end == want[i].second * PAGE_SIZE);
}

// Tables whose checksums are right, so that what is in them counts.
class Tables
{
public:
    void make(Input in)
    {
        bytes_.assign(64, 0);
        bool xsdt = in.u8() % 2;
        std::vector<uint64_t> addresses;
        while (!in.empty() && addresses.size() < 8) {
            static const char *const SIGNATURES[] = {"FACP", "APIC", "DSDT", "SSDT"};
            const char *signature = SIGNATURES[in.below(4)];
            size_t len = min_u64(in.u16() % 512, in.left());
            std::string body(reinterpret_cast<const char *>(in.rest()), len);
            in = Input(in.rest() + len, in.left() - len);
            addresses.push_back(add(signature, body));
        }
        // Every FADT's DSDT is the last table.
        for (uint64_t at : addresses) {
            if (memcmp(&bytes_[at], "FACP", 4) == 0 && table_len(at) >= 44) {
                put(at + 40, addresses.back(), 4);
                finish(at);
            }
        }
        std::string root;
        for (uint64_t at : addresses)
            root.append(reinterpret_cast<const char *>(&at), xsdt ? 8 : 4);
        uint64_t root_at = add(xsdt ? "XSDT" : "RSDT", root);
        memcpy(&bytes_[RSDP], "RSD PTR ", 8);
        bytes_[RSDP + 15] = xsdt ? 2 : 0;
        put(RSDP + 16, root_at, 4);
        put(RSDP + 24, root_at, 8);
        auto copy = copy_of(bytes_.data(), bytes_.size());
        read_acpi({cspan_make(copy.get(), bytes_.size())}, RSDP);
    }

private:
    static constexpr uint64_t RSDP = 16; // address 0 stands for none

    void put(uint64_t at, uint64_t value, size_t n) { memcpy(&bytes_[at], &value, n); }

    size_t table_len(uint64_t at) const
    {
        uint32_t len;
        memcpy(&len, &bytes_[at + 4], 4);
        return len;
    }

    void finish(uint64_t at)
    {
        uint8_t sum = 0;
        bytes_[at + 9] = 0;
        for (size_t i = 0; i < table_len(at); i++)
            sum = static_cast<uint8_t>(sum + bytes_[at + i]);
        bytes_[at + 9] = static_cast<uint8_t>(-sum);
    }

    uint64_t add(const char *signature, const std::string &body)
    {
        uint64_t at = bytes_.size();
        bytes_.resize(at + 36 + body.size());
        memcpy(&bytes_[at], signature, 4);
        put(at + 4, 36 + body.size(), 4);
        memcpy(&bytes_[at + 36], body.data(), body.size());
        finish(at);
        return at;
    }

    std::vector<uint8_t> bytes_;
};

// The BIOS area at the end of memory.
void bios_area(Input in)
{
    constexpr uint64_t BIOS = 0xe0000;
    size_t size = BIOS + in.left();
    auto bytes = std::make_unique<uint8_t[]>(size);
    if (in.left() > 0)
        memcpy(&bytes[BIOS], in.rest(), in.left());
    struct acpi_memory memory = {cspan_make(bytes.get(), size)};
    uint64_t rsdp = acpi_find_rsdp(memory);
    CHECK(rsdp == 0 || (rsdp >= BIOS && rsdp % 16 == 0 && rsdp + 20 <= size));
    read_acpi(memory, rsdp);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in(data, size);
    switch (in.below(8)) {
    case 0:
        boot(in, BOOT_MAGIC_MULTIBOOT1);
        break;
    case 1:
        boot(in, BOOT_MAGIC_MULTIBOOT2);
        break;
    case 2:
        boot(in, BOOT_MAGIC_PVH);
        break;
    case 3:
        memory_map(in);
        break;
    case 4:
        Tables().make(in);
        break;
    case 5:
        bios_area(in);
        break;
    case 6: {
        auto bytes = copy_of(in.rest(), in.left());
        find_words(cspan_make(bytes.get(), in.left()));
        break;
    }
    case 7: {
        auto bytes = copy_of(in.rest(), in.left());
        read_acpi({cspan_make(bytes.get(), in.left())}, in.u8());
        break;
    }
    }
    return 0;
}
