"""The names of rules_cc that rules_java and rules_proto load; Bazel 4.2 has them built in."""

cc_library = native.cc_library
cc_binary = native.cc_binary
cc_test = native.cc_test
cc_import = native.cc_import
cc_proto_library = native.cc_proto_library
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite

def _noop_impl(_ctx):
    return []

cc_flags_supplier = rule(implementation = _noop_impl)
compiler_flag = rule(implementation = _noop_impl)
