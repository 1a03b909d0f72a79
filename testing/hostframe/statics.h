// SPDX-License-Identifier: Apache-2.0
// Included before everything else in a kernel's sources that are built for the host: their
// variables lie together, so that each machine finds them as the first one did (machine.cc).
#pragma clang section bss = "kernel_bss" data = "kernel_data"
