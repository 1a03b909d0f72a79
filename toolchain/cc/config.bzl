"""clang_config: one of our toolchains, as Bazel features."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "feature",
    "feature_set",
    "flag_group",
    "flag_set",
    "tool_path",
    "with_feature_set",
)
load(
    ":flags.bzl",
    "INSTRUMENT",
    "REPRODUCIBLE",
    "SAFE_C",
    "TEST_BUILD",
    "TEST_BUILD_DEFINES",
    "WARNINGS",
    "WARNINGS_C",
)

_C = [ACTION_NAMES.c_compile]

_CXX = [
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
    ACTION_NAMES.cpp_module_compile,
    ACTION_NAMES.linkstamp_compile,
]

_ASM = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.preprocess_assemble,
]

_COMPILE = _C + _CXX + _ASM

_LINK = [
    ACTION_NAMES.cpp_link_executable,
    ACTION_NAMES.cpp_link_dynamic_library,
    ACTION_NAMES.cpp_link_nodeps_dynamic_library,
]

_TOOLS = {
    "ar": "llvm-ar",
    "cpp": "clang",
    "dwp": "clang",
    "gcc": "clang",
    "gcov": "llvm-cov",
    "ld": "ld.lld",
    "llvm-cov": "llvm-cov",
    "llvm-profdata": "llvm-profdata",
    "nm": "llvm-nm",
    "objcopy": "llvm-objcopy",
    "objdump": "llvm-objdump",
    "strip": "llvm-strip",
}

_OPT = [with_feature_set(features = ["opt"])]

_NOT_OPT = [with_feature_set(not_features = ["opt"])]

def _flags(actions, flags, with_features = []):
    if not flags:
        return None
    return flag_set(actions = actions, flag_groups = [flag_group(flags = flags)], with_features = with_features)

def _feature(name, sets, **kwargs):
    return feature(name = name, flag_sets = [s for s in sets if s], **kwargs)

def _layering_features():
    """A target may include only headers of targets it names in deps."""
    return [
        feature(name = "module_maps", enabled = True),
        feature(name = "module_map_home_cwd", enabled = True),
        _feature(
            "use_module_maps",
            [_flags(_C + _CXX, [
                "-fmodule-name=%{module_name}",
                "-fmodule-map-file=%{module_map_file}",
                "-Xclang",
                "-fmodule-map-file-home-is-cwd",
            ])],
            requires = [feature_set(features = ["module_maps"])],
        ),
        feature(
            name = "layering_check",
            enabled = True,
            implies = ["use_module_maps"],
            flag_sets = [flag_set(
                actions = _C + _CXX,
                flag_groups = [
                    flag_group(flags = ["-fmodules-strict-decluse", "-Wprivate-header"]),
                    flag_group(
                        iterate_over = "dependent_module_map_files",
                        flags = ["-fmodule-map-file=%{dependent_module_map_files}"],
                    ),
                ],
            )],
        ),
    ]

def _sanitizer(name, compile_flags, link_flags = None):
    return _feature(name, [
        _flags(_COMPILE, compile_flags + ["-fno-omit-frame-pointer", "-g"]),
        _flags(_LINK, link_flags or compile_flags),
    ])

def _sanitizer_features():
    return [
        _sanitizer("asan", ["-fsanitize=address"]),
        # Its check of C++ objects' types has a run time of its own, which the driver
        # adds by itself only when it is called as clang++.
        _sanitizer(
            "ubsan",
            ["-fsanitize=undefined", "-fno-sanitize-recover=all"],
            ["-fsanitize=undefined", "-fsanitize-link-c++-runtime"],
        ),
        _sanitizer("tsan", ["-fsanitize=thread"]),
        # The entry point comes with the link; targets that are no fuzzer still need
        # the counters.
        _sanitizer("fuzzer", ["-fsanitize=fuzzer-no-link"], ["-fsanitize=fuzzer"]),
        _sanitizer("clang_coverage", ["-fprofile-instr-generate", "-fcoverage-mapping"]),
    ]

def _test_build_features():
    """The kernel's test builds. What a run time is made of says "-instrumented"."""
    return [
        _feature(name, [
            _flags(_COMPILE, TEST_BUILD + defines),
            _flags(_LINK, TEST_BUILD),
        ])
        for name, defines in TEST_BUILD_DEFINES.items()
    ] + [_feature("instrumented", [
        _flags(_C, flags, [with_feature_set(features = [name])])
        for name, flags in INSTRUMENT.items()
    ], enabled = True)]

def _safe_c_feature(plugin):
    """Holds C to docs/safe-c.md. Nothing but C: to anything else the driver answers with an error."""
    return _feature("safe_c", [
        _flags(_C, SAFE_C + ["-fplugin=" + plugin.path]),
        _flags(_CXX + _ASM, ["--safe-c-is-for-C-alone"]),
    ], enabled = True)

def _impl(ctx):
    attr = ctx.attr
    features = [
        feature(name = "dbg"),
        feature(name = "opt"),
        feature(name = "fastbuild"),
        feature(name = "supports_pic", enabled = attr.pic),
        # Replaces Bazel's own: debug information stays until we strip it.
        feature(name = "strip_debug_symbols"),
        _feature("target", [
            _flags(_COMPILE, ["--target=" + attr.triple]),
            _flags(_LINK, ["--target=" + attr.triple, "--ld-path=external/llvm19/usr/lib/llvm-19/bin/ld.lld"]),
        ], enabled = True),
        _feature("warnings", [
            _flags(_COMPILE, WARNINGS),
            _flags(_C, WARNINGS_C),
        ], enabled = True),
        _feature("language", [
            _flags(_C, ["-std=c23"]),
            _flags(_CXX, ["-std=c++20"]),
        ], enabled = True),
        _feature("code", [
            _flags(_COMPILE, attr.compile_flags),
            _flags(_COMPILE, attr.opt_flags, _OPT),
            _flags(_COMPILE, attr.fastbuild_flags, _NOT_OPT),
        ], enabled = True),
        _feature("retpoline", [_flags(_C, attr.retpoline_flags)]),
        _feature("cxx_library", [_flags(_LINK, attr.cxx_library)], enabled = True),
        _feature("program_layout", [_flags(_LINK, attr.layout_flags)], enabled = True),
        _feature("libraries", [_flags(_LINK, attr.link_flags)], enabled = True),
        _feature("unfiltered_compile_flags", [_flags(_COMPILE, REPRODUCIBLE)], enabled = True),
    ] + _layering_features()
    if attr.sanitizers:
        features += _sanitizer_features()
    if attr.test_builds:
        features += _test_build_features()
    if ctx.file.safe_c_plugin:
        features.append(_safe_c_feature(ctx.file.safe_c_plugin))
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "unknown",
        abi_version = "unknown",
        builtin_sysroot = attr.sysroot or None,
        compiler = "clang",
        cxx_builtin_include_directories = attr.builtin_includes,
        features = features,
        host_system_name = "local",
        target_cpu = "k8",
        target_libc = attr.libc,
        target_system_name = attr.triple,
        tool_paths = [tool_path(name = n, path = "wrappers/" + p) for n, p in _TOOLS.items()],
        toolchain_identifier = ctx.label.name,
    )

clang_config = rule(
    implementation = _impl,
    attrs = {
        "builtin_includes": attr.string_list(doc = "directories whose headers need no dependency"),
        "compile_flags": attr.string_list(),
        "cxx_library": attr.string_list(doc = "links the C++ library; feature cxx_library, on unless switched off"),
        "fastbuild_flags": attr.string_list(doc = "without --compilation_mode=opt"),
        "layout_flags": attr.string_list(doc = "of programs; feature program_layout, on unless switched off"),
        "libc": attr.string(mandatory = True),
        "link_flags": attr.string_list(),
        "opt_flags": attr.string_list(doc = "with --compilation_mode=opt"),
        "pic": attr.bool(),
        "retpoline_flags": attr.string_list(doc = "with feature retpoline"),
        "safe_c_plugin": attr.label(
            allow_single_file = True,
            cfg = "exec",
            doc = "offers the feature safe_c, on unless switched off",
        ),
        "sanitizers": attr.bool(doc = "offers asan, ubsan, tsan, fuzzer and clang_coverage"),
        "sysroot": attr.string(),
        "test_builds": attr.bool(doc = "offers kasan, kcsan, kubsan, kcov and kdebug"),
        "triple": attr.string(mandatory = True),
    },
    provides = [CcToolchainConfigInfo],
)
