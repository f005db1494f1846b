# Commits of all branches become events with their own times; importing again adds only what is new.
. "$REPO/tests/cli/common"
make_repository repository
try korora import git repository
try korora show 1
try korora show 3 --json
try korora import git repository
git -C repository checkout -q -b fix
commit repository 2026-11-21T10:00:00+01:00 "Close the file after reading"
git -C repository checkout -q main
try korora import git repository --json
# Without PATH: the repository around the working folder.
mkdir repository/folder && cd repository/folder || exit
try korora import git
cd ../.. || exit
try korora import git repository --since 2026-11-18 --home other
try korora timeline "since 1 November" --now 2026-11-22T12:00:00 --home other
# No repository, none here, one without commits.
try korora import git nowhere
try korora import git "$HOME"
(cd "$HOME" && try env GIT_CEILING_DIRECTORIES="$HOME" korora import git)
git init -q empty
try korora import git empty
