// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/file/console.h"
#include <asm/fcntl.h>

constexpr uint8_t DLE = 0x10;

// Nothing says that a byte has come, so that whoever waits looks from time to time: often at first.
constexpr uint64_t LOOK_FIRST_NS = 50'000, LOOK_LAST_NS = 5'000'000;

struct tty {
    struct mutex lock;
    bool framed;                     // constant
    bool asked GUARDED_BY(lc_tty);   // for input
    bool escaped GUARDED_BY(lc_tty); // a DLE has come, and not yet what belongs to it
    bool ended GUARDED_BY(lc_tty);
    struct waitq waiters; // whom only time and signals wake
};
MUTEX_OPS(tty, struct tty, lock, lc_tty)

static struct tty tty;

void console_init(void)
{
    struct cspan value;
    tty.framed = cmdline_find(boot_cmdline(), SPAN_TEXT("console"), &value) &&
                 cspan_equal(value, SPAN_TEXT("framed"));
}

// ---- output ------------------------------------------------------------------------------------

struct output {
    uint8_t bytes[640];
    size_t len;
};

static void put(struct output *o, uint8_t byte) { ELEM(o->bytes, o->len++) = byte; }

static void put_pair(struct output *o, uint8_t what)
{
    put(o, DLE);
    put(o, what);
}

// What is written at once is whole: it ends as standard output.
static void write_framed(struct cspan bytes, bool error)
{
    struct output o = {};
    if (error)
        put_pair(&o, '2');
    for (size_t i = 0; i < cspan_len(bytes); i++) {
        if (cspan_u8(bytes, i) == DLE)
            put(&o, DLE);
        put(&o, cspan_u8(bytes, i));
    }
    if (error)
        put_pair(&o, '1');
    console_write(cspan_sub(CSPAN_OF(o.bytes), 0, o.len));
}

static enum err write_stream(struct transfer *from, bool error)
{
    uint8_t buffer[256];
    enum err err = ERR_OK;
    while (err == ERR_OK && from->left > 0) {
        size_t len = min_u64(sizeof(buffer), from->left);
        err = transfer_take(from, span_sub(SPAN_OF(buffer), 0, len), &len);
        if (err != ERR_OK)
            break;
        struct cspan bytes = cspan_sub(CSPAN_OF(buffer), 0, len);
        if (tty.framed)
            write_framed(bytes, error);
        else
            console_write(bytes);
    }
    return err;
}

static enum err write_output(struct file *, uint64_t *, struct transfer *from, bool (*)(void))
{
    return write_stream(from, false);
}

static enum err write_error(struct file *, uint64_t *, struct transfer *from, bool (*)(void))
{
    return write_stream(from, true);
}

// ---- input -------------------------------------------------------------------------------------

// Takes pairs apart. Returns how many bytes are the program's.
static size_t decode(struct span bytes) REQUIRES(lc_tty)
{
    size_t kept = 0;
    for (size_t i = 0; i < span_len(bytes); i++) {
        uint8_t byte = cspan_u8(span_const(bytes), i);
        if (!tty.escaped && byte == DLE) {
            tty.escaped = true;
            continue;
        }
        tty.ended = tty.ended || (tty.escaped && byte == 'e');
        if (!tty.escaped || byte == DLE)
            span_put_u8(bytes, kept++, byte);
        tty.escaped = false;
    }
    return kept;
}

// Input does not come before somebody reads: who starts the machine may want it for others.
static void ask_for_input(void) REQUIRES(lc_tty)
{
    static const uint8_t ask[] = {DLE, 'r'};
    if (tty.framed && !tty.asked)
        console_write(CSPAN_OF(ask));
    tty.asked = true;
}

// What has come. `*end`: nothing will come any more.
static enum err take_input(struct transfer *to, bool *end) REQUIRES(lc_tty)
{
    uint8_t buffer[256];
    struct span bytes = span_sub(SPAN_OF(buffer), 0, min_u64(sizeof(buffer), to->left));
    ask_for_input();
    size_t len = tty.ended ? 0 : console_read(bytes);
    if (tty.framed)
        len = decode(span_sub(bytes, 0, len));
    *end = tty.ended;
    return transfer_put(to, cspan_sub(span_const(bytes), 0, len));
}

static enum err read_console(struct file *f, uint64_t, struct transfer *to, bool (*cancelled)(void))
{
    uint64_t wait_ns = LOOK_FIRST_NS;
    for (;;) {
        bool end = false;
        tty_lock(&tty);
        enum err err = to->left > 0 ? take_input(to, &end) : ERR_OK;
        tty_unlock(&tty);
        if (err != ERR_OK || to->done > 0 || to->left == 0 || end)
            return err;
        if ((load_acquire(&f->flags) & O_NONBLOCK) != 0)
            return ERR_AGAIN;
        struct wait_limits limits = {.deadline_ns = clock_mono_ns() + wait_ns,
                                     .cancelled = cancelled};
        waitq_until_or(&tty.waiters, false, &limits, err);
        if (err == ERR_INTR)
            return err;
        wait_ns = min_u64(wait_ns * 2, LOOK_LAST_NS);
    }
}

const struct file_ops *console_ops(void)
{
    static const struct file_ops ops = {read_console, write_output, nullptr, false};
    return &ops;
}

const struct file_ops *console_error_ops(void)
{
    static const struct file_ops ops = {read_console, write_error, nullptr, false};
    return &ops;
}
