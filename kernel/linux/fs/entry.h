// SPDX-License-Identifier: Apache-2.0
// The tree of names. An entry is a name in a directory; the root has none. A file with several
// names has several entries, a directory one.
//
// lc_names (a sleeping lock for readers and writers) guards the tree: walks read, whatever changes
// it writes. A reference to an entry keeps it, its file and the entries above it, though it may
// have been taken out of the tree since. Task context; all may sleep.
#pragma once
#include "kernel/linux/fs/inode.h"

C_BEGIN

constexpr size_t ENTRY_NAME_MAX = 255; // NAME_MAX
constexpr size_t PATH_SIZE_MAX = 4096; // PATH_MAX: with the zero

struct entry;

struct entry_tree {
    struct rwmutex lock;
    struct entry *root; // constant once it is there
};
extern struct entry_tree entry_tree;
RWMUTEX_OPS(entries, struct entry_tree, lock, lc_names)

// Makes the root, a directory. Once, before anything else. ERR_NOMEM.
enum err entry_init(void);

// A reference to it.
struct entry *entry_root(void);

void entry_get(struct entry *e);
void entry_put(struct entry *e);

// Its file, whose reference stays the entry's.
struct inode *entry_inode(const struct entry *e);

struct cspan entry_name(const struct entry *e) REQUIRES_SHARED(lc_names);

// The directory that it is in, or was in; itself for the root. The reference stays the entry's.
struct entry *entry_parent(struct entry *e) REQUIRES_SHARED(lc_names);

// Whether it has been taken out of the tree.
bool entry_is_gone(const struct entry *e) REQUIRES_SHARED(lc_names);

bool entry_is_below(struct entry *e, struct entry *above) REQUIRES_SHARED(lc_names);

// What a directory has; null: nothing. The references stay the directory's.
struct entry *entry_find(const struct entry *dir, struct cspan name) REQUIRES_SHARED(lc_names);
struct entry *entry_first(const struct entry *dir) REQUIRES_SHARED(lc_names);

// In the order in which they came, each with a place that is greater than 2 and its own as long as
// it is there: the first at or behind `place`.
struct entry *entry_at_or_after(const struct entry *dir, uint64_t place) REQUIRES_SHARED(lc_names);
uint64_t entry_place(const struct entry *e);

// Enters a file into a directory, where there is none of that name; one more link. Takes a
// reference to the file. ERR_NOMEM.
enum err entry_add(struct entry *dir, struct cspan name, struct inode *i) REQUIRES(lc_names);

// Takes one out: one link less. A directory is empty.
void entry_remove(struct entry *e) REQUIRES(lc_names);

// Moves one to another directory and name, where there is none.
void entry_move(struct entry *e, struct entry *dir, struct cspan name) REQUIRES(lc_names);

// Two change places.
void entry_exchange(struct entry *a, struct entry *b) REQUIRES(lc_names);

// Writes an entry's path, from `root` on, to the end of `to`. ERR_NOENT: it is not in the tree any
// more. ERR_NAMETOOLONG. `*reached` (if not null): whether that root is above it.
enum err entry_path(struct entry *e, struct entry *root, struct span to, size_t *len,
                    bool *reached);

C_END
