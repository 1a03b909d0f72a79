"""Which Debian packages make which external repository.

Each list is a closure: whatever a tool needs at run time is named here, because
the host's /usr is not used. `./bazelw run //toolchain:relock` writes lock.bzl
from these lists.
"""

# What bazelw unpacks where the machine has no Bazel. bazelw reads this list with
# sed: one package a line.
BAZEL = [
    "bazel-bootstrap",
    "bazel-bootstrap-data",
    "libabsl20220623",
    "libc-ares2",
    "libgrpc++1.51",
    "libgrpc29",
    "libprotobuf32",
    "libprotoc32",
    "openjdk-17-jre-headless",
]

_RUNTIME = [
    "libc6",
    "libffi8",
    "libgcc-s1",
    "liblzma5",
    "libstdc++6",
    "libzstd1",
    "zlib1g",
]

# What libcurl needs: libLLVM and GDB are linked with it, for debuginfod.
_CURL = [
    "libbrotli1",
    "libcom-err2",
    "libgmp10",
    "libgnutls30",
    "libgssapi-krb5-2",
    "libhogweed6",
    "libidn2-0",
    "libk5crypto3",
    "libkeyutils1",
    "libkrb5-3",
    "libkrb5support0",
    "libldap-2.5-0",
    "libnettle8",
    "libnghttp2-14",
    "libp11-kit0",
    "libpsl5",
    "librtmp1",
    "libsasl2-2",
    "libssh2-1",
    "libssl3",
    "libtasn1-6",
    "libunistring2",
]

LLVM = _RUNTIME + _CURL + [
    "clang-19",
    "clang-format-19",
    "libbsd0",
    "libclang-common-19-dev",
    "libclang-cpp19",
    "libclang-rt-19-dev",
    "libcurl4",
    "libedit2",
    "libicu72",
    "libllvm19",
    "libmd0",
    "libtinfo6",
    "libxml2",
    "libz3-4",
    "lld-19",
    "llvm-19",
    "llvm-19-linker-tools",
]

# The headers that a plugin of this very clang is compiled with (toolchain/safec).
CLANG_HEADERS = [
    "libclang-19-dev",
    "llvm-19-dev",
]

# What host programs (unit tests, fuzzers, build tools) are compiled and linked with.
SYSROOT = [
    "libc6",
    "libc6-dev",
    "libcrypt-dev",
    "libcrypt1",
    "libgcc-12-dev",
    "libgcc-s1",
    "libstdc++-12-dev",
    "libstdc++6",
    "linux-libc-dev",
]

MUSL = [
    "musl",
    "musl-dev",
]

# Linux's user-space headers: the source of every ABI constant and structure.
UAPI = ["linux-libc-dev"]

QEMU = _RUNTIME + [
    "libaio1",
    "libblkid1",
    "libbpf1",
    "libcapstone4",
    "libdaxctl1",
    "libelf1",
    "libfdt1",
    "libfuse3-3",
    "libglib2.0-0",
    "libgmp10",
    "libgnutls30",
    "libhogweed6",
    "libibverbs1",
    "libidn2-0",
    "libjpeg62-turbo",
    "libkmod2",
    "libmount1",
    "libndctl6",
    "libnettle8",
    "libnl-3-200",
    "libnl-route-3-200",
    "libnuma1",
    "libp11-kit0",
    "libpcre2-8-0",
    "libpixman-1-0",
    "libpmem1",
    "libpng16-16",
    "librdmacm1",
    "libsasl2-2",
    "libseccomp2",
    "libselinux1",
    "libslirp0",
    "libssl3",
    "libtasn1-6",
    "libudev1",
    "libunistring2",
    "liburing2",
    "libuuid1",
    "libvdeplug2",
    "qemu-system-common",
    "qemu-system-data",
    "qemu-system-x86",
    "seabios",
]

# Programs that tests run, on Linux and on Keel.
DEBIAN = [
    "bash-static",
    "busybox-static",
    "coreutils",
    "dash",
    "libacl1",
    "libattr1",
    "libc6",
    "libgmp10",
    "libpcre2-8-0",
    "libselinux1",
]

# GRUB's image maker, its BIOS modules, and xorriso.
GRUB = _RUNTIME + [
    "grub-common",
    "grub-pc-bin",
    "libacl1",
    "libburn4",
    "libbz2-1.0",
    "libdevmapper1.02.1",
    "libefiboot1",
    "libefivar1",
    "libfreetype6",
    "libfuse3-3",
    "libisoburn1",
    "libisofs6",
    "libjte2",
    "libpcre2-8-0",
    "libpng16-16",
    "libreadline8",
    "libselinux1",
    "libtinfo6",
    "libudev1",
    "libbrotli1",
    "xorriso",
]

# For tests of the debugger's path; without Python.
GDB = _RUNTIME + _CURL + [
    "gdb-minimal",
    "libcurl3-gnutls",
    "libdebuginfod1",
    "libelf1",
    "libexpat1",
    "libipt2",
    "libmpfr6",
    "libncursesw6",
    "libreadline8",
    "libtinfo6",
    "libxxhash0",
]

# bsdtar writes cpio archives whose bytes depend on their content alone.
BSDTAR = _RUNTIME + [
    "libacl1",
    "libarchive13",
    "libarchive-tools",
    "libbz2-1.0",
    "libicu72",
    "liblz4-1",
    "libnettle8",
    "libxml2",
]

GOOGLETEST = ["googletest"]

RULES_CC = ["bazel-rules-cc"]

SKYLIB = ["bazel-skylib"]

ALL = {
    p: None
    for group in [
        BAZEL,
        BSDTAR,
        CLANG_HEADERS,
        GDB,
        GOOGLETEST,
        GRUB,
        LLVM,
        MUSL,
        QEMU,
        RULES_CC,
        SKYLIB,
        SYSROOT,
        UAPI,
    ]
    for p in group
}.keys()
