"""fuzz_test: a libFuzzer target, as a test with committed seeds and as a program for long runs."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//toolchain/cc:with_features.bzl", "with_features")

def fuzz_test(name, srcs, deps, seconds = 60, max_len = 4096, **kwargs):
    """Makes `name`, to be run by hand, and `name`_test, which runs it for a while.

        ./bazelw run //testing/fuzz:pt_fuzz -- -max_total_time=3600
        ./bazelw test //testing/fuzz:pt_fuzz_test

    Both begin with the seeds in seeds/`name`, under ASan and UBSan.

    Args:
      name: the target.
      srcs: sources with LLVMFuzzerTestOneInput.
      deps: what they need; built with the fuzzer's counters.
      seconds: how long the test runs.
      max_len: bytes of the longest input.
      **kwargs: for cc_binary.
    """
    cc_binary(
        name = name + "_plain",
        testonly = True,
        srcs = srcs,
        # Without the fuzzer there is no main.
        tags = ["manual"],
        target_compatible_with = ["//toolchain/platforms:glibc"],
        visibility = ["//visibility:private"],
        deps = deps + [
            "//testing/fuzz:input",
            "//testing/host:panic",
        ],
        **kwargs
    )
    with_features(
        name = name + "_bin",
        testonly = True,
        src = name + "_plain",
        tags = ["manual"],
        toolchain_features = [
            "asan",
            "fuzzer",
            "ubsan",
        ],
    )
    seeds = native.glob(["seeds/%s/*" % name])
    common = dict(
        srcs = ["//testing/fuzz:fuzz.sh"],
        data = [name + "_bin"] + seeds,
    )
    args = [
        "$(rootpath %s_bin)" % name,
        native.package_name() + "/seeds/" + name,
        "-max_len=%d" % max_len,
    ]
    native.sh_binary(
        name = name,
        testonly = True,
        args = args,
        tags = ["manual"],
        **common
    )
    native.sh_test(
        name = name + "_test",
        size = "medium",
        args = args + ["-max_total_time=%d" % seconds],
        **common
    )
