// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/init/files.h"
#include "kernel/linux/file/console.h"
#include "kernel/linux/fs/cpio.h"
#include "kernel/linux/fs/initramfs.h"
#include <asm/fcntl.h>
#include <linux/kdev_t.h>

static enum err enter_made(struct cspan path, const struct inode_request *r)
{
    struct inode *i;
    enum err err = inode_create(r, &i);
    if (err != ERR_OK)
        return err;
    err = initramfs_enter(path, i);
    inode_put(i);
    return err;
}

static enum err enter_device(struct cspan path, uint32_t mode, uint32_t rdev)
{
    struct inode_request r = {.mode = MODE_CHAR | mode, .rdev = rdev};
    return enter_made(path, &r);
}

static enum err enter_devices(void)
{
    static const struct inode_request tmp = {.mode = MODE_DIR | MODE_STICKY | 0777};
    enum err err = enter_device(SPAN_TEXT("/dev/null"), 0666, MKDEV(1, 3));
    if (err == ERR_OK)
        err = enter_device(SPAN_TEXT("/dev/zero"), 0666, MKDEV(1, 5));
    if (err == ERR_OK)
        err = enter_device(SPAN_TEXT("/dev/full"), 0666, MKDEV(1, 7));
    if (err == ERR_OK)
        err = enter_device(SPAN_TEXT("/dev/random"), 0666, MKDEV(1, 8));
    if (err == ERR_OK)
        err = enter_device(SPAN_TEXT("/dev/urandom"), 0666, MKDEV(1, 9));
    if (err == ERR_OK)
        err = enter_device(SPAN_TEXT("/dev/console"), 0600, MKDEV(5, 1));
    return err == ERR_OK ? enter_made(SPAN_TEXT("/tmp"), &tmp) : err;
}

static enum err unpack(size_t module)
{
    size_t at;
    enum err err = initramfs_unpack(boot_module(module), &at);
    if (err != ERR_OK)
        kprintf("keel: the archive in boot module %lu is broken at byte %lu: %s\n", module, at,
                err_name(err));
    return err;
}

enum err files_init(void)
{
    enum err err = entry_init();
    for (size_t i = 0; err == ERR_OK && i < boot_module_count(); i++) {
        if (cpio_begins(boot_module(i)))
            err = unpack(i);
    }
    return err == ERR_OK ? enter_devices() : err;
}

enum err files_enter_program(struct cspan path, struct cspan bytes)
{
    static const struct inode_request r = {.mode = MODE_FILE | 0755};
    struct inode *i;
    enum err err = inode_create_over(&r, bytes, &i);
    if (err != ERR_OK)
        return err;
    err = initramfs_enter(path, i);
    inode_put(i);
    return err;
}

// ---- descriptors -------------------------------------------------------------------------------

static enum err open_console(struct entry *e, const struct file_ops *ops, uint64_t fd,
                             struct descriptors *to)
{
    struct file *f;
    struct inode *i = entry_inode(e);
    enum err err = file_make(ops, i, e, O_RDWR, &f);
    if (err != ERR_OK)
        return err;
    entry_get(e);
    inode_get(i);
    err = descriptors_replace(to, f, false, fd, 3);
    if (err != ERR_OK)
        file_put(f);
    return err;
}

enum err files_open_standard(struct descriptors **out)
{
    struct entry *e;
    struct walk walk = {entry_tree.root, entry_tree.root, SPAN_TEXT("/dev/console"), true};
    enum err err = walk_find(&walk, &e);
    if (err == ERR_OK)
        err = descriptors_create(out);
    if (err == ERR_OK)
        err = open_console(e, console_ops(), 0, *out);
    if (err == ERR_OK)
        err = open_console(e, console_ops(), 1, *out);
    if (err == ERR_OK)
        err = open_console(e, console_error_ops(), 2, *out);
    if (err == ERR_OK)
        entry_put(e);
    return err; // on an error the machine ends
}
