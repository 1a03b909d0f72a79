"""The compilers' and linkers' flags, as small named lists. BUILD.bazel composes them."""

_RESOURCE_DIR = "external/llvm19/usr/lib/llvm-19/lib/clang/19"
_MUSL_DIR = "external/musl/usr"
_GCC_DIR = "external/sysroot/usr/lib/gcc/x86_64-linux-gnu/12"
_WORKSPACE = "%workspace%/"

WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wcast-qual",
    "-Wimplicit-fallthrough",
    "-Wshadow",
    "-Wundef",
    "-Wvla",
    "-Wwrite-strings",
    # Fields that an initialiser leaves out are zero, in C as in C++.
    "-Wno-missing-designated-field-initializers",
    "-fcolor-diagnostics",
]

WARNINGS_C = [
    "-Wmissing-prototypes",
    "-Wstrict-prototypes",
]

# The same bytes wherever and whenever the build runs.
REPRODUCIBLE = [
    "-ffile-compilation-dir=.",
    "-Wno-builtin-macro-redefined",
    "-D__DATE__=\"redacted\"",
    "-D__TIME__=\"redacted\"",
    "-D__TIMESTAMP__=\"redacted\"",
]

NO_BUILD_ID = ["-Wl,--build-id=none"]

# Compiler headers only: no library of the machine.
FREESTANDING = [
    "-ffreestanding",
    "-nostdinc",
    "-isystem",
    _RESOURCE_DIR + "/include",
]

# What running in ring 0 at the top of the address space asks for: interrupts push
# on the stack in use, and the vector registers are the user program's.
KERNEL_CODE = [
    "-mcmodel=kernel",
    "-mgeneral-regs-only",
    "-mno-red-zone",
    "-fno-pic",
    "-fno-asynchronous-unwind-tables",
    "-fno-stack-protector",
    # Backtraces walk frame pointers.
    "-fno-omit-frame-pointer",
    "-mno-omit-leaf-frame-pointer",
    "-fno-optimize-sibling-calls",
]

# Lock classes, their order included (kernel/frame/lock).
LOCK_ANALYSIS = [
    "-Wthread-safety",
    "-Wthread-safety-beta",
]

# C leaves these open; a kernel wants them defined.
DEFINED_BEHAVIOUR = [
    "-fno-delete-null-pointer-checks",
    "-fno-strict-aliasing",
    "-fstrict-flex-arrays=3",
    "-ftrivial-auto-var-init=zero",
]

# For services: the plugin of toolchain/safec, and what it leaves to the compiler. Checks that fire
# at run time end in an undefined instruction that says which (ud1, its operand the kind).
SAFE_C = [
    "-fsanitize=" + ",".join([
        "bounds",
        "object-size",
        "signed-integer-overflow",
        "shift",
        "integer-divide-by-zero",
        "bool",
        "enum",
        "unreachable",
        "return",
    ]),
    "-fsanitize-trap=all",
    # A frame larger than a guard page is touched page by page.
    "-Xclang",
    "-fstack-clash-protection",
    "-fno-finite-loops",
    "-Wframe-larger-than=4096",
    "-Wformat=2",
    "-Wincompatible-function-pointer-types-strict",
    "-Wmissing-variable-declarations",
]

SECTIONS = [
    "-ffunction-sections",
    "-fdata-sections",
]

# The kernel that is tested is the kernel that is used: always optimised, and with
# debug information, which the image's last step strips into a file of its own.
KERNEL_OPT = [
    "-O2",
    "-g",
    "-flto",
    "-ffat-lto-objects",
]

KERNEL_LINK = NO_BUILD_ID + [
    "-nostdlib",
    "-static",
    "-Wl,--fatal-warnings",
    "-Wl,--gc-sections",
    "-flto",
    "-ffat-lto-objects",
    "-Wl,-z,max-page-size=4096",
    "-Wl,-z,noexecstack",
]

KERNEL_INCLUDES = [_WORKSPACE + _RESOURCE_DIR + "/include"]

HOST_SYSROOT = "external/sysroot"

HOST_COMPILE = ["--gcc-install-dir=" + _GCC_DIR]

HOST_LINK = NO_BUILD_ID + [
    "--gcc-install-dir=" + _GCC_DIR,
    "-static-libgcc",
    "-lm",
]

# Host programs bring their C++ library along. A plugin uses its host's.
HOST_LIBSTDCXX = [
    "-Wl,-Bstatic",
    "-lstdc++",
    "-Wl,-Bdynamic",
]

HOST_INCLUDES = [
    _WORKSPACE + _RESOURCE_DIR + "/include",
    _WORKSPACE + _RESOURCE_DIR + "/share",
    _WORKSPACE + "external/sysroot/usr/include",
    _WORKSPACE + _GCC_DIR + "/include",
    # Of the compiler's plugins alone (toolchain/safec), which say where it is.
    _WORKSPACE + "external/clang_headers/include",
]

USER_CODE = [
    "-fno-pic",
    "-fno-asynchronous-unwind-tables",
]

USER_OPT = [
    "-O2",
    "-g",
]

MUSL_COMPILE = [
    "-nostdinc",
    "-isystem",
    _MUSL_DIR + "/include/x86_64-linux-musl",
    "-isystem",
    _RESOURCE_DIR + "/include",
    "-isystem",
    "external/uapi/include",
]

# A program whose file is its memory image: every segment starts on a page of its
# own, at the same distance from the image base as in the file.
USER_LAYOUT = [
    "-Wl,--image-base=0x400000",
    "-Wl,-z,max-page-size=4096",
    "-Wl,-z,separate-loadable-segments",
    "-Wl,-z,noexecstack",
]

NOLIBC_LINK = NO_BUILD_ID + USER_LAYOUT + [
    "-nostdlib",
    "-static",
]

MUSL_LINK = NOLIBC_LINK + [
    _MUSL_DIR + "/lib/x86_64-linux-musl/" + f
    for f in [
        "crt1.o",
        "crti.o",
        "crtn.o",
        "libc.a",
    ]
] + [_RESOURCE_DIR + "/lib/linux/libclang_rt.builtins-x86_64.a"]

MUSL_INCLUDES = [
    _WORKSPACE + _RESOURCE_DIR + "/include",
    _WORKSPACE + _MUSL_DIR + "/include/x86_64-linux-musl",
    _WORKSPACE + "external/uapi/include",
]
