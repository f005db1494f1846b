# Histories of bash with and without times, zsh plain and extended, fish; each knows its own form.
. "$REPO/tests/cli/common"
cat > "$HOME/.bash_history" << 'END'
#1795000000
make -j2 all
#1795000060
git rebase --continue
for f in *.c; do
  wc -l "$f"
done
END
cat > "$HOME/.zsh_history" << 'END'
: 1795100000:0;ssh build.example.org
: 1795100030:12;echo one \
two
END
mkdir -p "$HOME/.local/share/fish"
cat > "$HOME/.local/share/fish/fish_history" << 'END'
- cmd: cargo test --all
  when: 1795200000
- cmd: echo a\nb
  when: 1795200010
  paths:
    - a
END
try korora import shell
try korora timeline "since 1 November 2026" --now 2026-12-01
for id in 1 2 3 4 5 6; do korora show $id | sed 1d; done
try korora import shell
# A history without times gets those up to when it was last written.
printf 'first\nsecond\nthird\n' > plain
touch -d 2026-11-10T12:00:00 plain
try korora import shell plain
korora show 9 --json | sed 's/^{"id":"[0-9a-f]*"/{"id":"OF ITS PATH"/'
try korora import shell plain
printf 'fourth\n' >> plain
touch -d 2026-11-11T12:00:00 plain
try korora import shell plain
try korora import shell nowhere
try env HOME="$TMPDIR" korora import shell
: > empty
try korora import shell empty
