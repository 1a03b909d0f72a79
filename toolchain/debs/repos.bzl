"""Every external repository of the workspace.

A repository is fetched again only when its own packages' lock entries, its own
arguments here, or repo.bzl and fetch.sh change.
"""

load(":lock.bzl", "LOCK")
load(":packages.bzl", "BSDTAR", "CLANG_HEADERS", "DEBIAN", "GDB", "GOOGLETEST", "GRUB", "LLVM", "MUSL", "QEMU", "RULES_CC", "SKYLIB", "SYSROOT", "UAPI")
load(":repo.bzl", "debs_repository")

_BIN = "usr/lib/llvm-19/bin/"

_ELF = "usr/lib/llvm-19/elf/"

_LLVM_TOOLS = [
    "clang-format",
    "ld.lld",
    "llvm-ar",
    "llvm-cov",
    "llvm-nm",
    "llvm-objcopy",
    "llvm-objdump",
    "llvm-profdata",
    "llvm-readelf",
    "llvm-strip",
    "llvm-symbolizer",
]

_LLVM_UNUSED = [
    "bugpoint",
    "dsymutil",
    "llvm-exegesis",
    "llvm-mca",
    "llvm-rtdyld",
    "obj2yaml",
    "sancov",
    "yaml2obj",
]

_NO_GCONV = "rm -rf lib/x86_64-linux-gnu/gconv usr/lib/x86_64-linux-gnu/gconv"

# A library dropped above may leave links behind, which Bazel's globs refuse.
_NO_DANGLING_LINKS = "find . -xtype l -delete"

def _debs(packages):
    return {p: LOCK.get(p, "") for p in packages}

def _header_list(repo, dirs):
    """The list from which the toolchain's module map is made (layering_check)."""
    return "find %s ! -type d | LC_ALL=C sort | sed 's,^,external/%s/,' > headers.list" % (dirs, repo)

def _llvm():
    debs_repository(
        name = "llvm19",
        build_file = "//toolchain/debs:llvm.BUILD",
        cmds = [
            # Not needed to build: fewer files to link into each sandbox.
            "rm -rf usr/bin usr/include usr/share usr/libexec",
            _NO_GCONV,
            "rm -f " + " ".join([_BIN + t for t in _LLVM_UNUSED]),
            # clang runs itself and the linker by their paths, so the wrappers take
            # the programs' places and the programs go elsewhere.
            "mv usr/lib/llvm-19/bin usr/lib/llvm-19/elf",
            "(cd usr/lib/llvm-19 && rm -rf include share build cmake lib/cmake lib/python*)",
            _NO_DANGLING_LINKS,
            _header_list("llvm19", "usr/lib/llvm-19/lib/clang/19/include"),
        ],
        debs = _debs(LLVM),
        wrappers = dict(
            [(_BIN + t, _ELF + t) for t in _LLVM_TOOLS] +
            [(_BIN + t, _ELF + t + " -no-canonical-prefixes") for t in ["clang", "clang++"]],
        ),
    )

def _clang_headers():
    debs_repository(
        name = "clang_headers",
        build_file = "//toolchain/debs:clang_headers.BUILD",
        cmds = [
            "mkdir include",
            "mv usr/lib/llvm-19/include/clang usr/lib/llvm-19/include/clang-c usr/include/llvm-19/llvm usr/include/llvm-c-19/llvm-c include",
            "rm -rf usr",
        ],
        debs = _debs(CLANG_HEADERS),
    )

def _libraries():
    debs_repository(
        name = "sysroot",
        build_file = "//toolchain/debs:sysroot.BUILD",
        cmds = [
            "rm -rf usr/bin usr/share usr/sbin sbin bin usr/libexec",
            "rm -rf usr/lib/gcc/x86_64-linux-gnu/12/cc1* usr/lib/gcc/x86_64-linux-gnu/12/lto*",
            _NO_GCONV,
            _NO_DANGLING_LINKS,
            _header_list("sysroot", "usr/include usr/lib/gcc/x86_64-linux-gnu/12/include"),
        ],
        debs = _debs(SYSROOT),
    )
    debs_repository(
        name = "musl",
        build_file = "//toolchain/debs:musl.BUILD",
        cmds = [
            "rm -rf usr/bin",
            _header_list("musl", "usr/include/x86_64-linux-musl"),
        ],
        debs = _debs(MUSL),
    )
    debs_repository(
        name = "uapi",
        build_file = "//toolchain/debs:uapi.BUILD",
        cmds = [
            "mv usr/include include",
            "mv include/x86_64-linux-gnu/asm include/asm",
            "rm -rf usr include/x86_64-linux-gnu",
            _header_list("uapi", "include"),
        ],
        debs = _debs(UAPI),
    )
    debs_repository(
        name = "com_google_googletest",
        build_file = "//toolchain/debs:googletest.BUILD",
        cmds = ["find . -name 'BUILD*' -delete"],
        debs = _debs(GOOGLETEST),
        strip_prefix = "usr/src/googletest",
    )

def _tools():
    debs_repository(
        name = "qemu",
        build_file = "//toolchain/debs:qemu.BUILD",
        cmds = [
            "rm -rf usr/include usr/share/vim usr/share/gdb usr/libexec usr/lib/x86_64-linux-gnu/perl*",
            _NO_GCONV,
            "cd usr/share/qemu && rm -rf *-ppc openbios* skiboot.lid slof.bin hppa* opensbi* palcode* s390* && cd ../../..",
            "rm -f usr/bin/qemu-system-i386",
            "find usr/lib/x86_64-linux-gnu/qemu -name '*.so' ! -name 'accel-*' -delete",
            _NO_DANGLING_LINKS,
        ],
        debs = _debs(QEMU),
        wrapper_env = "export QEMU_MODULE_DIR=\"$r/usr/lib/x86_64-linux-gnu/qemu\"",
        wrappers = {"bin/qemu-system-x86_64": "usr/bin/qemu-system-x86_64 -L $r/usr/share/seabios -L $r/usr/share/qemu"},
    )
    debs_repository(
        name = "grub",
        build_file = "//toolchain/debs:grub.BUILD",
        cmds = [
            "rm -rf etc usr/sbin usr/share usr/include",
            _NO_GCONV,
            _NO_DANGLING_LINKS,
        ],
        debs = _debs(GRUB),
        wrappers = {
            "bin/grub-mkimage": "usr/bin/grub-mkimage --directory=$r/usr/lib/grub/i386-pc",
            "bin/xorriso": "usr/bin/xorriso",
        },
    )
    debs_repository(
        name = "bsdtar",
        build_file = "//toolchain/debs:bsdtar.BUILD",
        cmds = [
            "rm -rf usr/share etc",
            _NO_GCONV,
            _NO_DANGLING_LINKS,
        ],
        debs = _debs(BSDTAR),
        wrappers = {"bin/bsdtar": "usr/bin/bsdtar"},
    )
    debs_repository(
        name = "debian",
        build_file = "//toolchain/debs:debian.BUILD",
        cmds = [
            "rm -rf usr/share etc",
            _NO_GCONV,
            _NO_DANGLING_LINKS,
        ],
        debs = _debs(DEBIAN),
    )
    debs_repository(
        name = "gdb",
        build_file = "//toolchain/debs:gdb.BUILD",
        cmds = [
            "rm -rf usr/share etc",
            _NO_GCONV,
            _NO_DANGLING_LINKS,
        ],
        debs = _debs(GDB),
        wrappers = {"bin/gdb": "usr/bin/gdb"},
    )

def _rules():
    debs_repository(
        name = "rules_cc",
        # Bazel 4.2.3's own toolchain_utils.bzl has no use_cpp_toolchain.
        cmds = ["sed -i -e 's/, \"use_cpp_toolchain\")/)/' -e 's|use_cpp_toolchain()|[\"@bazel_tools//tools/cpp:toolchain_type\"]|' cc/private/rules_impl/*.bzl"],
        debs = _debs(RULES_CC),
        strip_prefix = "usr/share/bazel/rules/cc",
    )

    # Bazel 7's own rules_java loads it.
    debs_repository(
        name = "bazel_skylib",
        debs = _debs(SKYLIB),
        strip_prefix = "usr/share/bazel/tools/skylib",
    )

def toolchain_repositories():
    """Defines all of them; Bazel fetches those that a build needs."""
    _llvm()
    _clang_headers()
    _libraries()
    _tools()
    _rules()
