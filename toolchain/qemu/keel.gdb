# SPDX-License-Identifier: Apache-2.0
# For a kernel started with `bazel run //:qemu -- --gdb`, which prints the line that loads this
# and attaches.

set architecture i386:x86-64
set confirm off
set pagination off

define keel-attach
    symbol-file $arg0
    target remote $arg1
end
document keel-attach
keel-attach KERNEL.debug SOCKET
Loads the kernel's symbols and attaches to its machine, which waits at its first instruction.
end

# Breakpoints are hardware ones: before the kernel is loaded there is no memory to patch.
define keel-start
    thbreak kernel_main
    continue
end
document keel-start
Runs from the first instruction to kernel_main.
end
