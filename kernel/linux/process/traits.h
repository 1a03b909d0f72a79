// SPDX-License-Identifier: Apache-2.0
// What threads and processes have asked for by prctl(2). Task context; all may sleep.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// What a thread is called; a longer name is cut short, and always ends in a zero.
struct thread_name thread_name(struct thread *t);
void thread_set_name(struct thread *t, struct cspan name);

// What the thread's process is sent when who has made it ends; 0: nothing.
uint32_t thread_death_signal(struct thread *t);
void thread_set_death_signal(struct thread *t, uint32_t signal);

// Whether orphans below the process become its children.
bool process_is_reaper(struct process *p);
void process_set_reaper(struct process *p, bool on);

// The room's own: what the first thread begins with, and every other.
void traits_begin(struct thread *t);
void traits_inherit(struct thread *t, struct thread *by);

C_END
