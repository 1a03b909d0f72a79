#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""boot_seeds.py DIRECTORY: writes boot_fuzz's hand-made seeds, valid-* and edge-*.

What a loader or firmware would leave, and the same cut where it hurts. The first byte chooses what
boot_fuzz.cc does with the rest; behind it, for boot protocols, is the information's address.
"""

import struct
import sys


def u32(*values):
    return struct.pack("<%dI" % len(values), *values)


def u64(*values):
    return struct.pack("<%dQ" % len(values), *values)


def write(name, data):
    with open(sys.argv[1] + "/" + name, "wb") as f:
        f.write(data)


def entry(start, length, kind):
    return u64(start, length) + u32(kind)


LOW, HIGH = (0x1000, 0x9F000, 1), (0x100000, 0x700000, 1)


def multiboot1():
    strings = b"test=a n=0x10\0"
    entries = b"".join(u32(20) + entry(*e) for e in (LOW, HIGH))
    module = u32(0x10, 0x20, 56 + 16 + len(entries), 0)

    def info(flags, count, modules, map_at, cmdline):
        head = u32(flags, 0, 0, 0, cmdline, count, modules, 0, 0, 0, 0, len(entries), map_at)
        return bytes([0, 0]) + head + bytes(56 - len(head))

    flags = 1 << 2 | 1 << 3 | 1 << 6
    whole = info(flags, 1, 56, 72, 56 + 16 + len(entries)) + module + entries + strings
    write("valid-multiboot1", whole)
    write("edge-multiboot1-open-string", whole[:-1])
    write("edge-multiboot1-many-modules", info(flags, 0x10000000, 56, 72, 0) + module + entries)
    write("edge-multiboot1-map-last", info(1 << 6, 0, 0, 56, 0) + entries)
    write("edge-multiboot1-map-cut", (info(1 << 6, 0, 0, 56, 0) + entries)[:-5])


def multiboot2():
    def tag(kind, content):
        return u32(kind, 8 + len(content)) + content

    def pad(data):
        return data + bytes(-len(data) % 8)

    def info(size, *tags):
        body = b"".join(pad(t) for t in tags[:-1]) + tags[-1]
        return bytes([1, 0]) + u32(8 + len(body) if size is None else size, 0) + body

    def memory_map(size):
        reserved = (0x200000, 0x1000, 2)
        return tag(6, u32(size, 0) + b"".join(entry(*e) + u32(0) for e in (LOW, HIGH, reserved)))

    cmdline = tag(1, b"test=a loglevel=info n=7\0")
    module = tag(3, u32(16, 24) + b"first name\0")
    rsdp = tag(15, b"RSD PTR " + bytes(28))
    write("valid-multiboot2", info(None, cmdline, module, rsdp, memory_map(24), tag(0, b"")))
    # Everything ends with the last byte of memory.
    write("edge-multiboot2-map-last", info(None, cmdline, module, memory_map(24)))
    write("edge-multiboot2-odd-entries", info(None, memory_map(27)))
    write("edge-multiboot2-open-string", info(None, memory_map(24), tag(1, b"test=a")))
    write("edge-multiboot2-short-module", info(None, memory_map(24), tag(3, u32(16))))
    write("edge-multiboot2-too-large", info(4096, memory_map(24)))


def pvh():
    entries = b"".join(entry(*e) + u32(0) for e in (LOW, HIGH))
    modules = u64(8, 16, 56 + 32 + len(entries), 0)

    def info(count, entry_count):
        head = u32(0x336EC578, 1, 0, count) + u64(56, 56 + 32 + len(entries), 0, 56 + 32)
        return bytes([2, 0]) + head + u32(entry_count, 0) + modules + entries

    write("valid-pvh", info(1, 2) + b"test=a\0")
    write("edge-pvh-open-string", info(1, 2) + b"test=a")
    write("edge-pvh-one-entry-too-many", info(1, 3))
    write("edge-pvh-many-modules", info(0xFFFFFFFF, 2))


def acpi():
    def table(signature, body):
        return bytes([signature]) + struct.pack("<H", len(body)) + bytes(body)

    s5 = b"\x08_S5_\x12\x08\x04\x0a\x05\x0a\x06\0\0"
    facp = bytearray(240)  # offsets are without the header's 36 bytes
    struct.pack_into("<I", facp, 64 - 36, 0x604)
    reduced = bytearray(facp)
    struct.pack_into("<I", reduced, 112 - 36, 1 << 20)
    reduced[244 - 36] = 1
    struct.pack_into("<Q", reduced, 248 - 36, 0x600)
    apic = u32(0xFEE00000, 1) + bytes([0, 8, 0, 0]) + u32(1) + bytes([9, 16, 0, 0]) + u32(2, 1, 0)
    for root in (0, 1):
        write("valid-acpi-%d" % root,
              bytes([4, root]) + table(1, apic) + table(0, facp) + table(2, s5))
    write("valid-acpi-reduced", bytes([4, 1]) + table(0, reduced) + table(2, s5))
    write("edge-acpi-cut-apic", bytes([4, 1]) + table(1, apic[:-3]))
    write("edge-acpi-cut-s5", bytes([4, 0]) + table(0, facp) + table(2, s5[:9]))
    rsdp = bytearray(b"RSD PTR " + bytes(12))
    rsdp[8] = -sum(rsdp) & 255
    write("valid-bios-area", bytes([5]) + bytes(32) + rsdp)


def texts():
    write("valid-cmdline", bytes([6]) + b"loglevel=debug n=0x1f test= seed=18446744073709551615 a=b=c")
    entries = ((0, 255, 1), (240, 250, 1), (100, 30, 0), (600, 64, 1))
    write("valid-memmap", bytes([3]) + b"".join(struct.pack("<HBB", *e) for e in entries))


for make in (multiboot1, multiboot2, pvh, acpi, texts):
    make()
