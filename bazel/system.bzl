"""Repositories made from what is installed: pkg-config packages, and LibTorch."""

def _run(ctx, argv):
    result = ctx.execute(argv)
    if result.return_code != 0:
        fail("%s: %s\nRun `make setup` (scripts/setup.sh) to install what is missing." % (" ".join(argv), result.stderr))
    return result.stdout.strip()

def _words(text):
    return [word for word in text.split(" ") if word]

def _ask_pkg_config(ctx, question):
    # Some packages that are headers only have no .pc file.
    return _words(_run(ctx, ["pkg-config", question] + ctx.attr.packages)) if ctx.attr.packages else []

def _pkg_config_impl(ctx):
    # Debian's headers lie in /usr/include, which the compiler searches anyhow, so only -D and the libraries matter.
    cflags = _ask_pkg_config(ctx, "--cflags")
    defines = [flag[2:] for flag in cflags if flag.startswith("-D")]
    linkopts = ["-l" + name for name in ctx.attr.libraries] + _ask_pkg_config(ctx, "--libs")
    ctx.file("BUILD.bazel", """cc_library(
    name = "{name}",
    defines = {defines},
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
""".format(name = ctx.name, defines = defines, linkopts = linkopts))

pkg_config = repository_rule(
    implementation = _pkg_config_impl,
    attrs = {
        "libraries": attr.string_list(),
        "packages": attr.string_list(),
    },
    local = True,
)

def _libtorch_impl(ctx):
    root = ctx.os.environ.get("LIBTORCH")
    if not root:
        root = str(ctx.path(Label("//:WORKSPACE")).dirname) + "/.deps/python/torch"
    if not ctx.path(root + "/include/ATen/ATen.h").exists:
        fail("No LibTorch in %s. Run `make setup`, or set LIBTORCH= to a folder with include/ and lib/." % root)

    # A LibTorch with CUDA brings no headers of CUDA itself.
    cuda_includes, cuda_linkopts, defines = [], [], []
    if ctx.path(root + "/lib/libtorch_cuda.so").exists:
        cuda = ctx.os.environ.get("CUDA_HOME") or "/usr/local/cuda"
        if not ctx.path(cuda + "/include/cuda_runtime_api.h").exists:
            fail("The LibTorch in %s has CUDA, but %s has no include/cuda_runtime_api.h. Set CUDA_HOME=." % (root, cuda))
        libraries = cuda + ("/lib64" if ctx.path(cuda + "/lib64").exists else "/lib")
        ctx.symlink(cuda + "/include", "cuda")
        cuda_includes, defines = ["cuda"], ["UNCLIP_CUDA"]
        cuda_linkopts = ["-Wl,--allow-shlib-undefined", "-ltorch_cuda", "-lc10_cuda", "-L" + libraries, "-lcudart"]

    # Not the wheel's include/google: it is an older protobuf than the system's.
    for folder in ["ATen", "c10", "caffe2", "torch"]:
        ctx.symlink("%s/include/%s" % (root, folder), "include/%s" % folder)
    ctx.file("BUILD.bazel", """cc_library(
    name = "libtorch",
    hdrs = glob(["include/**/*.h", "include/**/*.hpp", "include/**/*.inc", "include/**/*.inl", "cuda/**/*.h", "cuda/**/*.hpp"]),
    defines = {defines},
    includes = {includes},
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
""".format(
        defines = defines,
        includes = ["include", "include/torch/csrc/api/include"] + cuda_includes,
        linkopts = ["-L%s/lib" % root, "-Wl,--push-state,--no-as-needed", "-ltorch_cpu", "-lc10"] + cuda_linkopts +
                   ["-Wl,--pop-state", "-Wl,-rpath,%s/lib" % root],
    ))

libtorch = repository_rule(
    implementation = _libtorch_impl,
    environ = [
        "CUDA_HOME",
        "LIBTORCH",
    ],
    local = True,
)
