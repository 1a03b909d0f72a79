// SPDX-License-Identifier: Apache-2.0
// The first serial port, a 16550, polled: the console of every machine Keel runs on.
#pragma once
#include "kernel/frame/base/span.h"

C_BEGIN

// Sets the line to 115200 8N1 with FIFOs on. Before any output; no other precondition.
void uart_init(void);

// Sends the bytes as they are and returns when the port has taken them. Any context; callers
// serialise.
void uart_write(struct cspan bytes);

// Takes a byte that has come; false: there is none. Callers serialise.
bool uart_read(uint8_t *byte);

C_END
