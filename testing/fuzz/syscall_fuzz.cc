// SPDX-License-Identifier: Apache-2.0
// Whatever programs call: kernel/linux on hostframe, one task at a time, so that an input is a run.
// The first bytes choose who is next; what programs do comes from the rest, call by call.
#include "testing/fuzz/input.h"
#include "testing/hostframe/programs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in(data, size);
    uint64_t seed = in.u64();
    std::vector<programs::Call> calls;
    while (!in.empty() && calls.size() < 256) {
        programs::Call c = {.nr = in.below(463), .choices = in.u64()};
        calls.push_back(c);
    }
    programs::Chance chance(seed, 1 + in.below(3), calls);
    hostframe::Machine m;
    m.main = kernel_main;
    m.program = std::ref(chance);
    m.modules = {programs::module()};
    m.serial = true;
    m.seed = seed;
    CHECK(hostframe::run(m).status == 0);
    return 0;
}
