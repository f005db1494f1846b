# The package log: what was installed, upgraded and removed, and what apt was asked to do.
. "$REPO/tests/cli/common"
mkdir -p log/apt
cat > log/dpkg.log << 'END'
2026-11-10 09:00:01 startup archives unpack
2026-11-10 09:00:02 install jq:amd64 <none> 1.6-2.1
2026-11-10 09:00:03 status half-installed jq:amd64 1.6-2.1
2026-11-10 09:00:04 upgrade curl:amd64 7.88.1-10 7.88.1-12
2026-11-11 10:30:00 remove nano:amd64 7.2-1 <none>
this line is broken
END
cat > log/apt/history.log << 'END'

Start-Date: 2026-11-10  09:00:00
Commandline: apt-get install jq
Install: jq:amd64 (1.6-2.1), libjq1:amd64 (1.6-2.1, automatic)
Upgrade: curl:amd64 (7.88.1-10, 7.88.1-12)
End-Date: 2026-11-10  09:00:05
END
try korora import dpkg log
try korora timeline "since 9 November 2026" --now 2026-12-01
for id in 1 2 3 4; do korora show $id | sed 1d; done
try korora import dpkg log
try korora import dpkg log/dpkg.log
try korora import dpkg nowhere
mkdir empty
try korora import dpkg empty
printf 'one\ntwo\n' > other
try korora import dpkg other
