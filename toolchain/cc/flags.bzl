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

# Linux's constants and structures are its headers'.
KERNEL_UAPI = [
    "-isystem",
    "external/uapi/include",
]

# What running in ring 0 at the top of the address space asks for: interrupts push
# on the stack in use, and the vector registers are the user program's.
KERNEL_CODE = [
    "-mcmodel=kernel",
    "-mgeneral-regs-only",
    "-mno-red-zone",
    "-fno-pic",
    "-fno-asynchronous-unwind-tables",
    # Backtraces walk frame pointers.
    "-fno-omit-frame-pointer",
    "-mno-omit-leaf-frame-pointer",
    "-fno-optimize-sibling-calls",
]

# What stops an attacker who has found a bug (docs/security.md): calls through pointers reach
# functions of the pointer's type only, and begin at ENDBR64; no jump goes through a table; a
# frame that was written beyond an array is not returned from. The canary is the CPU block's
# (CPU_CANARY in kernel/frame/arch/x86_64/cpu.h).
HARDENING = [
    "-fsanitize=kcfi",
    "-fcf-protection=branch",
    "-fno-jump-tables",
    "-fstack-protector-strong",
    "-mstack-protector-guard=tls",
    "-mstack-protector-guard-reg=gs",
    "-mstack-protector-guard-offset=4112",
]

# What stops at a bug: each check that fails calls a function of kernel/frame/trap/check.c, from
# a place of its own, so that the message can name file and line.
CHECKS = [
    "-fsanitize=array-bounds,shift,signed-integer-overflow,unreachable",
    "-fsanitize-minimal-runtime",
    "-fno-sanitize-recover=all",
]

# Calls through pointers that no speculation follows, for CPUs on which that is all there is:
# --config=retpoline.
RETPOLINE = ["-mretpoline"]

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
    # Checks that fail alike stay apart: each has its line.
    "-Wl,-mllvm,-enable-tail-merge=0",
    "-Wl,-z,max-page-size=4096",
    "-Wl,-z,noexecstack",
]

# ---- test builds: docs/sanitizers.md --------------------------------------------------------

# In all of them. Without link-time optimisation a report's call chain is the source's.
TEST_BUILD = [
    "-DKEEL_LOCK_DEBUG=1",
    "-fno-lto",
    "-fno-fat-lto-objects",
]

# For each its macros, for C and assembly, and what makes the compiler instrument C. The driver
# knows no sanitizer but UBSan for a bare machine; the compiler proper does.
TEST_BUILD_DEFINES = {
    "kasan": ["-DKEEL_KASAN"],
    "kcov": ["-DKEEL_KCOV=1"],
    "kcsan": ["-DKEEL_KCSAN=1"],
    "kdebug": [],
    "kubsan": ["-DKEEL_UBSAN=1"],
}

INSTRUMENT = {
    "kasan": [
        "-Xclang",
        "-fsanitize=kernel-address",
        "-Xclang",
        "-fsanitize-address-use-after-scope",
        # SHADOW_OFFSET of testing/sanitizer/kasan. Calls for everything: what runs before there
        # is a shadow must not touch it.
        "-mllvm",
        "-asan-mapping-offset=0xdffffc0000000000",
        "-mllvm",
        "-asan-instrumentation-with-call-threshold=0",
        "-mllvm",
        "-asan-max-inline-poisoning-size=0",
    ],
    "kcov": ["-fsanitize-coverage=inline-bool-flag,pc-table"],
    "kcsan": [
        "-Xclang",
        "-fsanitize=thread",
        "-mllvm",
        "-tsan-instrument-func-entry-exit=0",
        "-mllvm",
        "-tsan-distinguish-volatile=1",
        "-mllvm",
        "-tsan-compound-read-before-write=1",
    ],
    "kubsan": [
        "-fsanitize=undefined",
        # Needs a word before every function, where traps and assembly have none.
        "-fno-sanitize=function",
        "-fno-sanitize-trap=all",
        "-fno-sanitize-minimal-runtime",
        "-fno-sanitize-recover=all",
    ],
}

KERNEL_INCLUDES = [
    _WORKSPACE + _RESOURCE_DIR + "/include",
    _WORKSPACE + "external/uapi/include",
]

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

NOLIBC_LINK = NO_BUILD_ID + [
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
