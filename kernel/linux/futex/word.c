// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/futex/word.h"

// A page that has come may go away again before it is looked at: then there is another try.
enum err futex_word_load(struct futex_word word, uint32_t *value)
{
    enum err err;
    do {
        err = mm_fault(word.mm, word.at, VM_WRITE);
        if (err != ERR_OK)
            return ERR_FAULT;
        err = vm_user_load_u32(mm_space(word.mm), word.at, value);
    } while (err == ERR_FAULT);
    return err;
}

enum err futex_word_swap(struct futex_word word, uint32_t *expected, uint32_t value)
{
    uint32_t wanted = *expected;
    enum err err;
    do {
        *expected = wanted;
        err = vm_user_compare_swap_u32(mm_space(word.mm), word.at, expected, value);
        if (err == ERR_FAULT && mm_fault(word.mm, word.at, VM_WRITE) != ERR_OK)
            return ERR_FAULT;
    } while (err == ERR_FAULT);
    return err;
}
