"""rootfs: an archive of files for the launcher's --rootfs."""

def rootfs(name, srcs, prefix):
    """A cpio archive <name>.cpio, whose bytes depend on its files alone.

    Args:
      name: the archive, without its ending.
      srcs: the files.
      prefix: what their paths begin with here, and not in the archive.
    """
    native.genrule(
        name = name,
        srcs = srcs,
        outs = [name + ".cpio"],
        cmd = """
{ echo '#mtree'
  for f in $(SRCS); do
      mode=0644; [ ! -x $$f ] || mode=0755
      echo "./$${f#%s/} type=file mode=$$mode uid=0 gid=0 time=0.0 contents=$$f"
  done
} >$@.mtree
$(execpath @bsdtar//:bin/bsdtar) -cf $@ --format newc @$@.mtree
rm $@.mtree
""" % prefix,
        tools = [
            "@bsdtar//:bin/bsdtar",
            "@bsdtar//:files",
        ],
    )
