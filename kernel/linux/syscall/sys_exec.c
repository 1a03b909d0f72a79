// SPDX-License-Identifier: Apache-2.0
// execve(2) and execveat(2).
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/syscall/path.h"
#include <linux/fcntl.h>

// Reads one string to what there is.
static enum err read_string(struct thread *t, uint64_t at, struct exec_strings *s)
{
    struct span room;
    size_t len;
    enum err err = exec_strings_room(s, EXEC_STRING_MAX, &room);
    if (err == ERR_OK)
        err = mm_read_string(t->mm, (uaddr_t){at}, room, &len);
    if (err == ERR_OK)
        exec_strings_take(s, len + 1);
    return err == ERR_OVERFLOW ? ERR_2BIG : err;
}

// Reads the strings of an array that ends in a null; no array is an empty one.
static enum err read_strings(struct thread *t, uint64_t array, struct exec_strings *s,
                             uint32_t *count)
{
    uint64_t at;
    for (*count = 0; array != 0; (*count)++) {
        uint64_t slot = array + *count * sizeof(at);
        enum err err = mm_read(t->mm, (uaddr_t){slot}, SPAN_OF(at));
        if (err == ERR_OK && at == 0)
            break;
        if (err == ERR_OK)
            err = read_string(t, at, s);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

// A program without a name would be a hazard to itself (execve(2), "Notes").
static enum err read_arguments(struct thread *t, uint64_t arguments, uint64_t environment,
                               struct exec_strings *s)
{
    enum err err = read_strings(t, arguments, s, &s->argc);
    if (err == ERR_OK && s->argc == 0) {
        err = exec_strings_add(s, (struct cspan){});
        s->argc = 1;
    }
    return err == ERR_OK ? read_strings(t, environment, s, &s->envc) : err;
}

// The program that a path names.
static enum err find(const struct path *path, bool follow, struct entry **out)
{
    struct walk walk = path_walk(path, follow);
    if (path->len > 0)
        return walk_find(&walk, out);
    if (path->start == nullptr)
        return ERR_ACCES; // a pipe, for one
    entry_get(path->start);
    *out = path->start;
    return ERR_OK;
}

// Loads the program that a path names, for who executes it.
static enum err load(const struct path *path, bool follow, struct exec_request *r,
                     struct exec_image *image)
{
    enum err err = find(path, follow, &r->file);
    if (err != ERR_OK)
        return err;
    err = !follow && entry_inode(r->file)->type == MODE_LINK ? ERR_LOOP : exec_load(r, image);
    entry_put(r->file);
    return err;
}

static sysret_t execute(struct thread *t, const struct path *path, bool follow,
                        struct exec_strings *strings)
{
    struct exec_image image;
    struct cred *cred;
    enum err err = cred_copy(t->cred, &cred);
    if (err != ERR_OK)
        return err;
    bool secure = identity_exec(&cred->is, t->traits.no_new_privileges);
    struct entry *working = places_working(t->places);
    struct exec_request r = {
        .name = cspan_sub(CSPAN_OF(path->text->bytes), 0, path->len),
        .strings = strings,
        .root = path->root,
        .working = working,
        .identity = {cred->is.uid.real, cred->is.uid.effective, cred->is.gid.real,
                     cred->is.gid.effective, secure},
    };
    err = load(path, follow, &r, &image);
    entry_put(working);
    if (err != ERR_OK) {
        cred_put(cred);
        return err;
    }
    return process_execute(t, &image, cred);
}

static sysret_t execute_at(struct thread *t, uint64_t dirfd, uint64_t at, uint64_t arguments,
                           uint64_t environment, uint64_t flags)
{
    struct exec_strings strings = {};
    struct path path;
    if ((flags & ~(uint64_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0)
        return ERR_INVAL;
    sysret_t result = path_get(t, dirfd, at, (flags & AT_EMPTY_PATH) != 0, &path);
    if (result != ERR_OK)
        return result;
    result = read_arguments(t, arguments, environment, &strings);
    if (result == ERR_OK)
        result = execute(t, &path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &strings);
    exec_strings_free(&strings);
    path_put(&path);
    return result;
}

sysret_t sys_execve(struct thread *t, const struct sys_args *a)
{
    return execute_at(t, (uint64_t)AT_FDCWD, a->arg[0], a->arg[1], a->arg[2], 0);
}

sysret_t sys_execveat(struct thread *t, const struct sys_args *a)
{
    return execute_at(t, a->arg[0], a->arg[1], a->arg[2], a->arg[3], (uint32_t)a->arg[4]);
}
