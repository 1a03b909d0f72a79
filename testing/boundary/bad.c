// SPDX-License-Identifier: Apache-2.0
// Not compiled as safe C, and privileged: for refuses_test.
void bad_halt(void);

void bad_halt(void) { __asm__ volatile("cli\n\thlt"); }
