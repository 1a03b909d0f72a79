// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/acpi/acpi.h"

// Of a system description table's header (ACPI 6.5, 5.2.6).
constexpr size_t HEADER_LENGTH = 4;
constexpr size_t HEADER_SIZE = 36;

// Of the FADT (5.2.9).
constexpr size_t FADT_DSDT = 40;
constexpr size_t FADT_PM1A_CONTROL = 64;
constexpr size_t FADT_PM1B_CONTROL = 68;
constexpr size_t FADT_FLAGS = 112;
constexpr size_t FADT_X_DSDT = 140;
constexpr size_t FADT_SLEEP_CONTROL = 244; // a generic address: space, width, offset, size, address
constexpr uint32_t FADT_FLAG_REDUCED = 1u << 20;
constexpr uint8_t SPACE_MEMORY = 0;
constexpr uint8_t SPACE_PORT = 1;

constexpr uint64_t PORTS = 0x10000;

// AML (20.2): a name declaration of a package, its elements, and small integers.
constexpr uint8_t AML_ZERO = 0x00;
constexpr uint8_t AML_ONE = 0x01;
constexpr uint8_t AML_NAME = 0x08;
constexpr uint8_t AML_BYTE = 0x0a;
constexpr uint8_t AML_PACKAGE = 0x12;

static bool view(struct acpi_memory m, uint64_t at, uint64_t len, struct cspan *out)
{
    if (at > m.bytes.len || len > m.bytes.len - at)
        return false;
    *out = cspan_sub(m.bytes, at, len);
    return true;
}

static bool checksum_ok(struct cspan s)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum = (uint8_t)(sum + s.bytes[i]);
    return sum == 0;
}

static bool has_signature(struct cspan s, const char *signature, size_t len)
{
    return cspan_starts_with(s, cspan_make(signature, len));
}

uint64_t acpi_find_rsdp(struct acpi_memory memory)
{
    // On a 16-byte boundary in the BIOS read-only memory (5.2.5.1).
    constexpr uint64_t start = 0xe0000, end = 0x100000;
    struct cspan area;
    if (memory.bytes.len <= start ||
        !view(memory, start, min_u64(end, memory.bytes.len) - start, &area))
        return 0;
    uint64_t signature = cspan_u64(SPAN_TEXT("RSD PTR "), 0);
    for (uint64_t i = 0; i + 16 <= area.len; i += 16) {
        if (cspan_u64(area, i) != signature)
            continue;
        struct cspan rsdp;
        if (view(memory, start + i, 20, &rsdp) && checksum_ok(rsdp))
            return start + i;
    }
    return 0;
}

static bool table_at(struct acpi_memory memory, uint64_t at, struct cspan *table)
{
    struct cspan header;
    return view(memory, at, HEADER_SIZE, &header) &&
           view(memory, at, cspan_u32(header, HEADER_LENGTH), table) && table->len >= HEADER_SIZE &&
           checksum_ok(*table);
}

bool acpi_find_table(struct acpi_memory memory, uint64_t rsdp_at, const char signature[4],
                     struct cspan *table)
{
    struct cspan rsdp;
    if (rsdp_at == 0 || !view(memory, rsdp_at, 20, &rsdp) || !has_signature(rsdp, "RSD PTR ", 8))
        return false;
    // Revision 2 has the 64-bit table XSDT beside the old RSDT.
    uint64_t root_at = cspan_u32(rsdp, 16);
    size_t entry_size = 4;
    if (rsdp.bytes[15] >= 2 && view(memory, rsdp_at, 36, &rsdp) && cspan_u64(rsdp, 24) != 0) {
        root_at = cspan_u64(rsdp, 24);
        entry_size = 8;
    }
    struct cspan root;
    if (!table_at(memory, root_at, &root))
        return false;
    for (size_t i = HEADER_SIZE; i + entry_size <= root.len; i += entry_size) {
        uint64_t at = entry_size == 8 ? cspan_u64(root, i) : cspan_u32(root, i);
        // The signature before the checksum: most tables are others.
        if (view(memory, at, HEADER_SIZE, table) && has_signature(*table, signature, 4) &&
            table_at(memory, at, table))
            return true;
    }
    return false;
}

// Of the MADT (5.2.12): entries of type, length and content.
constexpr size_t MADT_ENTRIES = 44;
constexpr uint8_t MADT_LOCAL_APIC = 0;
constexpr uint8_t MADT_LOCAL_X2APIC = 9;
constexpr uint32_t MADT_FLAG_ENABLED = 1;

static void add_cpu(struct acpi_cpus *cpus, uint32_t apic_id, uint32_t flags)
{
    if ((flags & MADT_FLAG_ENABLED) == 0)
        return;
    if (cpus->count == ACPI_CPUS_MAX)
        cpus->ignored++;
    else
        cpus->apic_ids[cpus->count++] = apic_id;
}

bool acpi_find_cpus(struct acpi_memory memory, uint64_t rsdp, struct acpi_cpus *cpus)
{
    struct cspan madt;
    *cpus = (struct acpi_cpus){};
    if (!acpi_find_table(memory, rsdp, "APIC", &madt))
        return false;
    for (size_t i = MADT_ENTRIES; i + 2 <= madt.len;) {
        uint8_t type = madt.bytes[i], len = madt.bytes[i + 1];
        if (len < 2 || len > madt.len - i)
            break;
        struct cspan e = cspan_sub(madt, i, len);
        if (type == MADT_LOCAL_APIC && len >= 8)
            add_cpu(cpus, e.bytes[3], cspan_u32(e, 4));
        else if (type == MADT_LOCAL_X2APIC && len >= 16)
            add_cpu(cpus, cspan_u32(e, 4), cspan_u32(e, 8));
        i += len;
    }
    return cpus->count > 0;
}

// An AML integer of one byte's worth, cut off `*aml`.
static bool take_integer(struct cspan *aml, uint8_t *value)
{
    size_t used = 1;
    if (aml->len >= 1 && (aml->bytes[0] == AML_ZERO || aml->bytes[0] == AML_ONE)) {
        *value = aml->bytes[0];
    } else if (aml->len >= 2 && aml->bytes[0] == AML_BYTE) {
        *value = aml->bytes[1];
        used = 2;
    } else {
        return false;
    }
    *aml = cspan_sub(*aml, used, aml->len - used);
    return true;
}

// Whether a name that begins at `at` is the one a declaration gives: it follows NameOp, with
// the root's prefix or without.
static bool is_declared(struct cspan aml, size_t at)
{
    if (at > 0 && aml.bytes[at - 1] == '\\')
        at--;
    return at > 0 && aml.bytes[at - 1] == AML_NAME;
}

// Finds Name(_S5_, Package{type_a, type_b, ...}) by its bytes; interpreting AML is not needed
// for that, since compilers emit it as a constant.
static bool find_s5(struct cspan aml, struct acpi_sleep *sleep)
{
    for (size_t i = 0; i + 8 <= aml.len; i++) {
        struct cspan rest = cspan_sub(aml, i, aml.len - i);
        if (!has_signature(rest, "_S5_", 4) || rest.bytes[4] != AML_PACKAGE || !is_declared(aml, i))
            continue;
        // Package length: bits 7 and 6 of the first byte count the bytes that follow it; then
        // the number of elements.
        size_t count_at = 5 + 1 + (rest.bytes[5] >> 6);
        if (count_at >= rest.len || rest.bytes[count_at] < 2)
            continue;
        rest = cspan_sub(rest, count_at + 1, rest.len - count_at - 1);
        if (take_integer(&rest, &sleep->type_a) && take_integer(&rest, &sleep->type_b))
            return true;
    }
    return false;
}

// Whether what the FADT says of the control registers can be true.
static bool control_ok(const struct acpi_sleep *sleep)
{
    return sleep->control_a != 0 &&
           (sleep->memory || (sleep->control_a < PORTS && sleep->control_b < PORTS));
}

bool acpi_find_sleep(struct acpi_memory memory, uint64_t rsdp, struct acpi_sleep *sleep)
{
    struct cspan fadt, dsdt;
    *sleep = (struct acpi_sleep){};
    if (!acpi_find_table(memory, rsdp, "FACP", &fadt) || fadt.len < FADT_FLAGS + 4)
        return false;

    uint64_t dsdt_at = cspan_u32(fadt, FADT_DSDT);
    if (fadt.len >= FADT_X_DSDT + 8 && cspan_u64(fadt, FADT_X_DSDT) != 0)
        dsdt_at = cspan_u64(fadt, FADT_X_DSDT);
    sleep->reduced = cspan_u32(fadt, FADT_FLAGS) & FADT_FLAG_REDUCED;
    if (sleep->reduced) {
        if (fadt.len < FADT_SLEEP_CONTROL + 12)
            return false;
        uint8_t space = fadt.bytes[FADT_SLEEP_CONTROL];
        if (space != SPACE_MEMORY && space != SPACE_PORT)
            return false;
        sleep->memory = space == SPACE_MEMORY;
        sleep->control_a = cspan_u64(fadt, FADT_SLEEP_CONTROL + 4);
    } else {
        sleep->control_a = cspan_u32(fadt, FADT_PM1A_CONTROL);
        sleep->control_b = cspan_u32(fadt, FADT_PM1B_CONTROL);
    }
    return control_ok(sleep) && table_at(memory, dsdt_at, &dsdt) &&
           find_s5(cspan_sub(dsdt, HEADER_SIZE, dsdt.len - HEADER_SIZE), sleep);
}
