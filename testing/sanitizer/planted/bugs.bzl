"""What is planted, by the test build that finds it, and what the report has to say."""

_RACE = ["panic: kcsan: data race: "]

BUGS = {
    "kasan": {
        "global_read": [
            "panic: kasan: global out of bounds: reading 1 bytes",
            "variable: table of testing/sanitizer/planted/memory.c, 10 bytes; offset 10",
            "global_read+0x",
        ],
        "heap_after_free": [
            "panic: kasan: heap use after free: writing 1 bytes",
            "object: struct parcel, 44 bytes, at ffff8",
            "; offset 8",
            "allocated by:",
            "freed by:",
            "in make_and_lose+0x",
        ],
        "heap_before": [
            "panic: kasan: heap out of bounds: writing 1 bytes",
            "; 8 bytes before it",
        ],
        "heap_copy": [
            "panic: kasan: heap out of bounds: writing 48 bytes",
            "the first byte that may not be accessed is at",
            "; 0 bytes behind it",
        ],
        "heap_double_free": [
            "panic: kasan: double free: struct parcel at ffff8",
            "freed by:",
            "in make_and_lose+0x",
        ],
        "heap_read": [
            "kasan: reading 1 bytes at ffff8",
            "panic: kasan: heap out of bounds: reading 1 bytes",
            "; 0 bytes behind it",
            "in heap_read+0x",
        ],
        "heap_write": [
            "panic: kasan: heap out of bounds: writing 1 bytes",
            "; 3 bytes behind it",
        ],
        "large_page_after_free": [
            "panic: kasan: page use after free: writing 1 bytes",
            "in page_free_kernel+0x",
        ],
        "out_of_scope": [
            "panic: kasan: stack use after scope: writing 1 bytes",
            "variable: inner",
        ],
        "page_after_free": [
            "panic: kasan: page use after free: reading 1 bytes",
            "freed by:",
            "in page_put+0x",
        ],
        "stack_after_exit": ["panic: kasan: kernel stack use after free: writing 1 bytes"],
        "stack_read": [
            "panic: kasan: stack out of bounds: reading 1 bytes",
            "frame in stack_read+0x",
            "20 bytes; offset 20",
        ],
        "stack_write": [
            "panic: kasan: stack out of bounds: writing 1 bytes",
            "24 bytes; offset -1",
        ],
    },
    "kcsan": {
        "race_copy": _RACE + [
            "in race_copy+0x",
            "in write_into_block+0x",
        ],
        "race_read_write": _RACE + [
            "kcsan: plain read of 8 bytes at",
            "kcsan: plain write of 8 bytes at",
            "in write_plainly+0x",
        ],
        "race_under_lock": _RACE + [
            "kcsan: plain read of 8 bytes at",
            "kcsan: plain write of 8 bytes at",
            "in write_under_lock+0x",
        ],
        "race_with_atomic": _RACE + [
            "kcsan: plain read of 8 bytes at",
            "kcsan: marked write of 8 bytes at",
            "in write_atomically+0x",
        ],
        "race_write_write": _RACE + [
            "kcsan: plain write of 8 bytes at",
            "in write_plainly+0x",
        ],
    },
    "ubsan": {
        bug: ["panic: ubsan: " + text, "(testing/sanitizer/planted/undefined.c:", bug + "+0x"]
        for bug, text in {
            "add": "signed integer overflow: 2147483647 + 1 does not fit 'int'",
            "bits_of_zero": "zero given to a bit-counting builtin",
            "divide": "division of 1 by zero",
            "divide_overflow": "signed integer overflow: -2147483648 / -1 does not fit 'int'",
            "index_out": "index out of bounds: 4 in 'volatile int[4]'",
            "misaligned": "misaligned: a member of 'struct wide'",
            "multiply": "signed integer overflow: 2147483647 * 2 does not fit 'int'",
            "negate": "signed integer overflow: -(-2147483648) does not fit 'int'",
            "never_reached": "what cannot be reached was reached",
            "not_a_bool": "invalid value: 2 for 'volatile bool'",
            "null_pointer": "null pointer: a member of 'struct wide'",
            "pointer_wraps": "pointer overflow: ",
            "shift_far": "bad shift: 1, of type 'int', by 63",
            "shift_negative": "bad shift: 1, of type 'int', by -2147483648",
            "subtract": "signed integer overflow: -2147483648 - 1 does not fit 'int'",
        }.items()
    },
}

LOCK_BUGS = {
    "leaked": [
        "panic: lock: a task ends and holds inner",
        "taken by:",
        "in leave_with_lock+0x",
    ],
    "lock_order": [
        "panic: lock: order: outer (rank 10) is taken under inner (rank 20)",
        "taken by:",
        "in lock_order+0x",
    ],
    "mutex_not_held": ["is released and not held"],
    "mutex_order": [
        "panic: lock: order: outer (rank 10) is taken under inner (rank 20)",
        "in mutex_order+0x",
    ],
    "not_held": ["is released and not held"],
    "read_recursion": ["panic: lock: recursion: outer at"],
    "recursion": [
        "panic: lock: recursion: inner at",
        "in recursion+0x",
    ],
    "same_class": ["panic: lock: two of class inner: "],
    "sleep_under_spin": [
        "panic: task_yield where preemption is off (depth 1)",
        "lock: inner (rank 20) at ",
        "in sleep_under_spin+0x",
    ],
    "spin_under_mutex_order": ["panic: lock: order: outer (rank 10) is taken under inner (rank 20)"],
}

NO_BUGS = {
    "debug": ["no_breach"],
    "kcsan": [
        "no_race_atomic",
        "no_race_lock",
        "no_race_reads",
    ],
}
