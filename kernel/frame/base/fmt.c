// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/fmt.h"

struct out {
    fmt_sink *sink;
    void *arg;
};

// One conversion specification, taken apart.
struct spec {
    bool left, zero, has_precision;
    int width, precision;
    int longs; // of the length modifier: -2 hh, -1 h, 1 l, 2 ll and the like
    char conversion;
};

// The longest number: 22 octal digits.
constexpr size_t DIGITS_MAX = 24;

// Padding beyond this is not made: wide enough for any line, and neither sums of widths
// overflow nor does a hostile one print for minutes.
constexpr int PAD_MAX = 9999;

static int pad_limited(int n) { return n < PAD_MAX ? n : PAD_MAX; }

static void put(const struct out *o, const char *text, size_t len)
{
    if (len > 0)
        o->sink(o->arg, cspan_make(text, len));
}

static void pad(const struct out *o, char c, int n)
{
    for (; n > 0; n--)
        put(o, &c, 1);
}

static void put_padded(const struct out *o, const struct spec *s, const char *text, size_t len)
{
    int gap = s->width - (int)len;
    if (!s->left)
        pad(o, ' ', gap);
    put(o, text, len);
    if (s->left)
        pad(o, ' ', gap);
}

static void put_number(const struct out *o, const struct spec *s, const char *prefix,
                       uint64_t value, unsigned base)
{
    const char *digits = s->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char buf[DIGITS_MAX];
    size_t n = 0;
    // At least one digit; but none for zero with precision zero, as in C.
    bool may_be_empty = s->has_precision && s->precision == 0;
    for (; value != 0 || (n == 0 && !may_be_empty); value /= base)
        buf[sizeof(buf) - ++n] = digits[value % base];

    int prefix_len = (int)cspan_of_string(prefix).len;
    int zeros = s->has_precision ? pad_limited(s->precision) - (int)n : 0;
    if (s->zero && !s->left && !s->has_precision)
        zeros = s->width - prefix_len - (int)n;
    if (zeros < 0)
        zeros = 0;
    int gap = s->width - prefix_len - zeros - (int)n;
    if (!s->left)
        pad(o, ' ', gap);
    put(o, prefix, (size_t)prefix_len);
    pad(o, '0', zeros);
    put(o, buf + sizeof(buf) - n, n);
    if (s->left)
        pad(o, ' ', gap);
}

static const char *parse_int(const char *f, int *value)
{
    *value = 0;
    for (; *f >= '0' && *f <= '9'; f++)
        *value = pad_limited(*value * 10 + (*f - '0'));
    return f;
}

static const char *parse_length(const char *f, struct spec *s)
{
    for (;; f++) {
        if (*f == 'h')
            s->longs--;
        else if (*f == 'l')
            s->longs++;
        else if (*f == 'z' || *f == 'j' || *f == 't')
            s->longs = 1;
        else
            return f;
    }
}

// va_list travels by structure so that a callee's progress is the caller's.
struct args {
    va_list list;
};

static const char *parse_spec(const char *f, struct spec *s, struct args *a)
{
    for (;; f++) {
        if (*f == '-')
            s->left = true;
        else if (*f == '0')
            s->zero = true;
        else
            break;
    }
    if (*f == '*') {
        s->width = va_arg(a->list, int);
        f++;
        if (s->width < 0) {
            s->left = true;
            s->width = s->width > -PAD_MAX ? -s->width : PAD_MAX;
        }
    } else {
        f = parse_int(f, &s->width);
    }
    s->width = pad_limited(s->width);
    if (*f == '.') {
        s->has_precision = true;
        f++;
        if (*f == '*') {
            s->precision = va_arg(a->list, int);
            s->has_precision = s->precision >= 0;
            f++;
        } else {
            f = parse_int(f, &s->precision);
        }
    }
    f = parse_length(f, s);
    s->conversion = *f;
    return f;
}

static int64_t take_signed(const struct spec *s, struct args *a)
{
    if (s->longs >= 1)
        return va_arg(a->list, int64_t);
    int value = va_arg(a->list, int);
    if (s->longs == -1)
        return (int16_t)value;
    if (s->longs <= -2)
        return (int8_t)value;
    return value;
}

static uint64_t take_unsigned(const struct spec *s, struct args *a)
{
    if (s->longs >= 1)
        return va_arg(a->list, uint64_t);
    unsigned value = va_arg(a->list, unsigned);
    if (s->longs == -1)
        return (uint16_t)value;
    if (s->longs <= -2)
        return (uint8_t)value;
    return value;
}

static void put_string(const struct out *o, const struct spec *s, const char *text)
{
    if (text == nullptr)
        text = "(null)";
    size_t len = 0;
    while ((!s->has_precision || len < (size_t)s->precision) && text[len] != 0)
        len++;
    put_padded(o, s, text, len);
}

// False for a conversion that is none of ours; then no argument was taken.
static bool convert(const struct out *o, const struct spec *s, struct args *a)
{
    switch (s->conversion) {
    case 'd':
    case 'i': {
        int64_t v = take_signed(s, a);
        put_number(o, s, v < 0 ? "-" : "", v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
        return true;
    }
    case 'u':
        put_number(o, s, "", take_unsigned(s, a), 10);
        return true;
    case 'o':
        put_number(o, s, "", take_unsigned(s, a), 8);
        return true;
    case 'x':
    case 'X':
        put_number(o, s, "", take_unsigned(s, a), 16);
        return true;
    case 'p':
        put_number(o, s, "0x", (uint64_t)(uintptr_t)va_arg(a->list, void *), 16);
        return true;
    case 'c': {
        char c = (char)va_arg(a->list, int);
        put_padded(o, s, &c, 1);
        return true;
    }
    case 's':
        put_string(o, s, va_arg(a->list, const char *));
        return true;
    case '%':
        put(o, "%", 1);
        return true;
    }
    return false;
}

void fmt_format(fmt_sink *sink, void *arg, const char *format, va_list list)
{
    struct out o = {sink, arg};
    struct args a;
    va_copy(a.list, list);
    const char *text = format; // start of what is printed as it stands
    for (const char *f = format; *f != 0;) {
        if (*f != '%') {
            f++;
            continue;
        }
        put(&o, text, (size_t)(f - text));
        text = f;
        struct spec s = {};
        const char *end = parse_spec(f + 1, &s, &a);
        if (*end == 0) {
            f = end;
            continue;
        }
        if (convert(&o, &s, &a))
            text = end + 1;
        f = end + 1;
    }
    put(&o, text, cspan_of_string(text).len);
    va_end(a.list);
}

static void sink_to_span(void *arg, struct cspan text)
{
    struct span *left = arg;
    size_t n = span_copy(*left, text);
    *left = span_sub(*left, n, left->len - n);
}

size_t fmt_span(struct span to, const char *format, ...)
{
    struct span left = to;
    va_list args;
    va_start(args, format);
    fmt_format(sink_to_span, &left, format, args);
    va_end(args);
    return to.len - left.len;
}
