# korora run between other programs: a slow reader, one that goes away, none at all; and files of any end.
. "$REPO/tests/cli/common"
cp "$REPO/tests/fuzz/corpus/gguf/tiny-int8" tiny.gguf
yes "a b c" | head -n 50000 > lines
# The pipe is full for a second: nothing is lost.
korora run tiny.gguf lines | { sleep 1; wc -l; }
# A reader that goes away ends it with SIGPIPE (see output.sh). Where that is ignored there is one line, whatever more
# there is to read.
(trap '' PIPE; korora run tiny.gguf lines lines lines; echo "exit $?" >&2) 2> code | head -n 1 | cut -c 1-14
sed 's/: Broken pipe$/: why/; s/: the disk is full, or nobody reads it$/: why/' code
korora run tiny.gguf lines >&-; echo "closed: exit $?"
# An empty file, one that ends without a line end, one that is only line ends.
: > empty; printf 'a b' > ragged; printf '\n\n\n' > blank; printf '\n' > one
for file in empty ragged blank one; do printf '%s ' $file; korora run tiny.gguf $file | wc -l; done
korora run tiny.gguf ragged empty blank ragged | wc -l
korora run tiny.gguf ragged > without; echo "a b" | korora run tiny.gguf | cmp - without && echo "the same answer"
# A line of 50 MB is one bad row; the lines around it are answered.
{ echo a; head -c 50000000 /dev/zero | tr '\0' 'x'; echo; echo a; } > long
korora run tiny.gguf long > answers; echo "exit $?"
sed -n 2p answers
sed -n 1p answers > first; sed -n 3p answers | cmp - first && wc -l < answers
{ printf '{"text":"'; head -c 50000000 /dev/zero | tr '\0' 'x'; printf '"}'; } | korora run tiny.gguf --jsonl
# A text of 6 MB is read as far as a model reads.
yes "a b c" | head -n 1000000 | tr '\n' ' ' | korora run tiny.gguf > whole
echo "a b c a b c" | korora run tiny.gguf | cmp - whole && echo "its first tokens"
