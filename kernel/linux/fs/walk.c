// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/fs/walk.h"

// How many symbolic links are followed in one walk (path_resolution(7)).
constexpr uint32_t LINKS_MAX = 40;

// What is still to be walked, the innermost link's target last.
struct rests {
    struct cspan rest[LINKS_MAX + 1];
    uint32_t count;
    uint32_t links; // followed so far
    bool slash;     // what was last in a text before had a slash behind it
};

static bool is_dir(const struct entry *e) { return entry_inode(e)->type == MODE_DIR; }
static bool is_link(const struct entry *e) { return entry_inode(e)->type == MODE_LINK; }

static struct cspan behind(struct cspan text, size_t at)
{
    return cspan_sub(text, at, cspan_len(text) - at);
}

static struct cspan skip_slashes(struct cspan text)
{
    size_t at = 0;
    while (at < cspan_len(text) && cspan_u8(text, at) == '/')
        at++;
    return behind(text, at);
}

// Takes the next component off. False: none is left.
static bool next_component(struct rests *r, struct cspan *name, bool *slash)
{
    while (r->count > 0) {
        struct cspan rest = skip_slashes(ELEM(r->rest, r->count - 1));
        if (cspan_len(rest) == 0) {
            r->count--;
            continue;
        }
        size_t len = cspan_find(rest, '/');
        *name = cspan_sub(rest, 0, len);
        *slash = len < cspan_len(rest);
        ELEM(r->rest, r->count - 1) = skip_slashes(behind(rest, len));
        return true;
    }
    return false;
}

// Whether the component that was taken is the last.
static bool is_last(const struct rests *r)
{
    for (uint32_t i = 0; i < r->count; i++) {
        if (cspan_len(skip_slashes(ELEM(r->rest, i))) > 0)
            return false;
    }
    return true;
}

static bool is_text(struct cspan name, struct cspan text) { return cspan_equal(name, text); }

// Goes on with a link's target, from `*at`.
static enum err enter_link(const struct walk *w, struct rests *r, const struct entry *link,
                           struct entry **at, struct walk_place *out)
{
    struct cspan target = inode_target(entry_inode(link));
    if (r->links++ == LINKS_MAX)
        return ERR_LOOP;
    if (cspan_len(target) == 0)
        return ERR_NOENT;
    // A link that is last in its text leaves nothing to come back to, so that there is room.
    if (r->count > 0 && cspan_len(ELEM(r->rest, r->count - 1)) == 0)
        r->count--;
    ELEM(r->rest, r->count++) = target;
    if (cspan_u8(target, 0) == '/')
        *at = w->root;
    *out = (struct walk_place){.dir = *at, .entry = *at, .slash = true};
    return ERR_OK;
}

// One component from `*at`; `*done`: it was the last, and `out` has it.
static enum err step(const struct walk *w, struct rests *r, struct entry **at, struct cspan name,
                     struct walk_place *out, bool *done) REQUIRES_SHARED(lc_names)
{
    bool last = is_last(r);
    struct entry *next;
    if (!is_dir(*at))
        return ERR_NOTDIR;
    *done = last;
    if (is_text(name, SPAN_TEXT(".")) || is_text(name, SPAN_TEXT(".."))) {
        if (cspan_len(name) == 2 && *at != w->root)
            *at = entry_parent(*at);
        *out = (struct walk_place){.dir = *at, .entry = *at, .slash = true};
        return ERR_OK;
    }
    if (cspan_len(name) > ENTRY_NAME_MAX)
        return ERR_NAMETOOLONG;
    next = entry_is_gone(*at) ? nullptr : entry_find(*at, name);
    if (next == nullptr && (!last || entry_is_gone(*at)))
        return ERR_NOENT;
    if (next != nullptr && is_link(next) && (!last || w->follow || out->slash)) {
        *done = false;
        r->slash = r->slash || (last && out->slash);
        return enter_link(w, r, next, at, out);
    }
    *out = (struct walk_place){.dir = *at, .name = name, .entry = next, .slash = out->slash};
    if (!last)
        *at = next;
    return ERR_OK;
}

enum err walk_to(const struct walk *w, struct walk_place *out)
{
    struct rests r = {.count = 1};
    struct entry *at = w->start;
    struct cspan name;
    enum err err = ERR_OK;
    bool done = false, slash = false;
    r.rest[0] = w->path;
    if (cspan_len(w->path) == 0)
        return ERR_NOENT;
    if (cspan_u8(w->path, 0) == '/')
        at = w->root;
    *out = (struct walk_place){.dir = at, .entry = at, .slash = true};
    while (err == ERR_OK && !done && next_component(&r, &name, &slash)) {
        out->slash = slash || r.slash;
        err = step(w, &r, &at, name, out, &done);
    }
    return err;
}

enum err walk_to_entry(const struct walk *w, struct entry **out)
{
    struct walk_place place;
    enum err err = walk_to(w, &place);
    if (err != ERR_OK)
        return err;
    if (place.entry == nullptr)
        return ERR_NOENT;
    if (place.slash && !is_dir(place.entry))
        return ERR_NOTDIR;
    *out = place.entry;
    return ERR_OK;
}

enum err walk_find(const struct walk *w, struct entry **out)
{
    entries_read_lock(&entry_tree);
    enum err err = walk_to_entry(w, out);
    if (err == ERR_OK)
        entry_get(*out);
    entries_read_unlock(&entry_tree);
    return err;
}
