// SPDX-License-Identifier: Apache-2.0
// llvm-objdump -d -l --no-show-raw-insn ELF | tables ELF > tables.S: see tables.h. The image is
// linked twice, first without the tables.
#include "toolchain/image/tables.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr,
                "usage: llvm-objdump -d -l --no-show-raw-insn ELF | tables ELF > tables.S\n");
        return 2;
    }
    struct elf e = elf_open(argv[1]);
    ksyms_write(&e);
    relocs_write(&e);
    printf(".section .note.GNU-stack, \"\", @progbits\n");
    elf_close(&e);
    return ferror(stdout) || fflush(stdout) != 0;
}
