# A session of Debian's dash and coreutils, dynamic programs, in an empty directory: what it prints
# and how it ends is session.out, as Debian's Linux has it.
mkdir -p /tmp/session && cd /tmp/session
true && echo true is true
false || echo false is false
echo one >a && echo two >>a && cat a
printf '%s\n' c a b | sort | tr abc xyz
seq 1 100 | wc -l
seq 1 20 | head -n 5 | tail -n 1
yes | head -n 3
cp a b
cat b | tee c | wc -c
mv c d && ls
ln -s d e && readlink e && cat e
mkdir sub && cp a sub/x && ls -R
rm -r sub && ls sub 2>/dev/null || echo gone
(cd / && pwd); pwd
for i in 1 2 3; do (exit $i) || echo "child $i: $?"; done
x=$(echo inner; exit 4); echo "$x $?"
{ sleep 0.05; echo background; } & wait $!; echo "waited $?"
sh_function() { echo "$# $1"; }; sh_function 'a b' c
test -s a && test ! -e nothing && test -d . && echo tested
stat -c '%F %s %a' a
chmod 600 a && stat -c '%a' a
touch -d @86400 a && stat -c '%Y' a
dd if=/dev/zero of=z bs=1000 count=70 2>/dev/null && stat -c '%s' z
truncate -s 5 z && od -c z
basename /x/y.z .z; dirname /x/y
expr 6 '*' 7
md5sum a
cut -d: -f2 <<END
p:q:r
END
uniq -c <<END | tr -s ' '
m
m
n
END
paste -sd+ - <<END
1
2
END
comm -12 a b
date -u -d @0 +%F
id -u
env -i K=v env
nproc_ok=$(nproc) && test "$nproc_ok" -ge 1 && echo some CPUs
exit 7
