# Text and Markdown files, a section an event; folders with what is in them, but for what programs made.
. "$REPO/tests/cli/common"
mkdir -p notes/deep notes/node_modules notes/.hidden
cat > notes/setup.md << 'END'
# Setup

Install the compiler first.

## Linux

apt-get install gcc

```
# not a heading
```

## Mac

Use the package manager.
END
printf 'A plain note\nof two lines.\n' > notes/deep/plain.txt
printf 'generated' > notes/node_modules/readme.md
printf 'hidden' > notes/.hidden/secret.txt
printf 'text\000binary' > notes/binary.txt
printf '\211PNG' > notes/picture.png
printf 'caf\351 in Latin-1\n' > notes/latin.txt
: > notes/empty.md
find notes -type f -exec touch -d 2026-11-10T12:00:00 {} +
try korora import files notes
try korora timeline "10 November 2026" --now 2026-12-01 --json
for id in 1 2 3 4 5; do korora show $id | sed 1d; done
try korora import files notes
printf '\n## Windows\n\nInstall the tools.\n' >> notes/setup.md
touch -d 2026-11-11T12:00:00 notes/setup.md
try korora import files notes/setup.md
try korora import files
try korora import files nowhere
try korora import files notes/binary.txt
mkdir bare
try korora import files bare
