"""What user programs do wrong: instructions, and the exception they end in."""

_GP = "general protection fault"
_MF = "x87 floating-point error"
_PF = "page fault"
_UD = "invalid opcode"

# CPUs differ: on some SYSENTER is no instruction of 64-bit mode, and QEMU's translator reports a
# bad stack address as a general protection fault. (It never reports an alignment check.)
_ANY = ""

# name -> (assembly, the exception)
FAULTS = {
    "breakpoint": ("int3", "breakpoint"),
    "cli": ("cli", _GP),
    "code32": ("ljmp *far32; far32: .long _start, 0x1b", _GP),
    "divide": ("xor %ecx, %ecx; div %ecx", "divide error"),
    "hlt": ("hlt", _GP),
    "int80": ("int $$0x80", _GP),
    "int_double_fault": ("int $$8", _GP),
    "in_port": ("in $$0x60, %al", _GP),
    "jump_kernel": ("mov $$0xffffffff80101000, %rax; jmp *%rax", _PF),
    "jump_noncanonical": ("movabs $$0x8000000000000000, %rax; jmp *%rax", _GP),
    "lgdt": ("lgdt 0x401000", _GP),
    "out_exit_port": ("out %al, $$0xf4", _GP),
    "rdmsr": ("mov $$0xc0000080, %ecx; rdmsr", _GP),
    "read_direct_map": ("movabs $$0xffff800000100000, %rax; mov (%rax), %al", _PF),
    "read_kernel": ("mov 0xffffffff80101000, %al", _PF),
    "read_noncanonical": ("movabs $$0x8000000000000000, %rax; mov (%rax), %al", _GP),
    "read_null": ("mov 0, %al", _PF),
    "sgdt": ("sgdt 0x401000", _GP),
    "single_step": ("mov $$stack_top, %rsp; pushq $$0x100; popfq; nop; nop", "debug exception"),
    "stack_noncanonical": ("movabs $$0x8000000000000000, %rsp; push %rax", _ANY),
    "swapgs": ("swapgs", _GP),
    "sysenter": ("sysenter", _ANY),
    "sysret": ("sysretq", _GP),
    "ud2": ("ud2", _UD),
    "x87": ("mov $$stack_top, %rsp; fninit; pushq $$0x340; fldcw (%rsp); fld1; fldz; fdivrp; fwait", _MF),
    "write_kernel": ("mov %al, 0xffffffff80101000", _PF),
    "wrmsr": ("mov $$0xc0000080, %ecx; wrmsr", _GP),
}
