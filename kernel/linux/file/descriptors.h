// SPDX-License-Identifier: Apache-2.0
// A process's descriptors, and where its paths begin. Several may share either (clone(2),
// CLONE_FILES and CLONE_FS). lc_files (a spin lock) guards them. Task context.
#pragma once
#include "kernel/linux/file/file.h"

C_BEGIN

struct descriptors; // reference-counted

// None. ERR_NOMEM.
enum err descriptors_create(struct descriptors **out);

// The same files under the same numbers. ERR_NOMEM.
enum err descriptors_copy(struct descriptors *from, struct descriptors **out);

void descriptors_get(struct descriptors *d);

// The last one closes all of them: may sleep.
void descriptors_put(struct descriptors *d);

bool descriptors_are_shared(const struct descriptors *d);

// The open file, with a reference. ERR_BADF.
enum err descriptors_find(struct descriptors *d, uint64_t fd, struct file **out);

// Gives a file the lowest number that is free, `from` or above and below `limit`, and takes over
// the reference, on success only. ERR_MFILE, ERR_NOMEM.
enum err descriptors_add(struct descriptors *d, struct file *f, bool cloexec, uint64_t from,
                         uint64_t limit, uint32_t *fd);

// Gives it this number, and closes what had it. Takes over the reference, on success only.
// ERR_BADF: it is not below the limit. ERR_NOMEM.
enum err descriptors_replace(struct descriptors *d, struct file *f, bool cloexec, uint64_t fd,
                             uint64_t limit);

// ERR_BADF.
enum err descriptors_close(struct descriptors *d, uint64_t fd);
enum err descriptors_get_cloexec(struct descriptors *d, uint64_t fd, bool *cloexec);
enum err descriptors_set_cloexec(struct descriptors *d, uint64_t fd, bool cloexec);

// From one number to another: closes them, or marks them to be closed by execve(2).
void descriptors_close_range(struct descriptors *d, uint64_t first, uint64_t last);
void descriptors_mark_range(struct descriptors *d, uint64_t first, uint64_t last);
void descriptors_close_on_exec(struct descriptors *d);

// ---- where paths begin -------------------------------------------------------------------------

struct places; // reference-counted

// Both at the root. ERR_NOMEM.
enum err places_create(struct places **out);
enum err places_copy(struct places *from, struct places **out);
void places_get(struct places *p);
void places_put(struct places *p);

// A number of its own: of no two that there are (kcmp(2)).
uint64_t places_serial(const struct places *p);

// References to the root and the working directory.
struct entry *places_root(struct places *p);
struct entry *places_working(struct places *p);

// Takes over the reference.
void places_set_root(struct places *p, struct entry *e);
void places_set_working(struct places *p, struct entry *e);

// Permissions that new files do not get; sets it, and says what it was.
uint32_t places_umask(struct places *p);
uint32_t places_set_umask(struct places *p, uint32_t mask);

C_END
