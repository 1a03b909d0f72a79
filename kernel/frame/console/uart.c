// SPDX-License-Identifier: Apache-2.0
// Registers: PC16550D data sheet, "Registers".
#include "kernel/frame/console/uart.h"
#include "kernel/frame/arch/x86_64/x86.h"

constexpr uint16_t PORT = 0x3f8;
constexpr uint16_t DATA = PORT + 0;
constexpr uint16_t INTERRUPT_ENABLE = PORT + 1;
constexpr uint16_t FIFO_CONTROL = PORT + 2;
constexpr uint16_t LINE_CONTROL = PORT + 3;
constexpr uint16_t MODEM_CONTROL = PORT + 4;
constexpr uint16_t LINE_STATUS = PORT + 5;

constexpr uint8_t LINE_8N1 = 0x03;
constexpr uint8_t LINE_DIVISOR_LATCH = 0x80;
constexpr uint8_t STATUS_DATA_READY = 0x01;
constexpr uint8_t STATUS_TRANSMIT_EMPTY = 0x20;

void uart_init(void)
{
    outb(INTERRUPT_ENABLE, 0);
    outb(LINE_CONTROL, LINE_DIVISOR_LATCH);
    outb(DATA, 1); // divisor 1: 115200 baud
    outb(INTERRUPT_ENABLE, 0);
    outb(LINE_CONTROL, LINE_8N1);
    outb(FIFO_CONTROL, 0x07);  // on, and both cleared
    outb(MODEM_CONTROL, 0x03); // DTR, RTS
}

void uart_write(struct cspan bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        while (!(inb(LINE_STATUS) & STATUS_TRANSMIT_EMPTY))
            cpu_pause();
        outb(DATA, bytes.bytes[i]);
    }
}

bool uart_read(uint8_t *byte)
{
    if (!(inb(LINE_STATUS) & STATUS_DATA_READY))
        return false;
    *byte = inb(DATA);
    return true;
}
