# Rows from a grammar: what is asked for, no more than there is, the same for the same seed; mistakes have a place.
. "$REPO/tests/cli/common"
cat > home.chatito << 'END'
import ./rooms.chatito
// What people say at home.
%[light]('training': '3', 'testing': '1')
    ~[please?] switch the lamp in the @[room] @[state]
    lamp @[state]

%[hello]
    hello
    grüß dich, @[who]!

@[state]
    on
    off

@[who]
    Björk
    Zoë
END
cat > rooms.chatito << 'END'
@[room]
    kitchen
    salle à manger
END
try korora generate home.chatito
try korora generate home.chatito --seed 2
try korora generate home.chatito --count 100
try korora generate home.chatito --count 4 --balanced
try korora generate home.chatito --balanced
try korora generate home.chatito --corrupt 1 --seed 3
korora generate home.chatito --count 8 --corrupt 0.5 > first
korora generate home.chatito --count 8 --corrupt 0.5 > second
cmp first second && echo "the same again"
printf '%%[a]\n    ~[b]\n~[b]\n    é ~[c]\n~[c]\n    ~[b]\n' > circle.chatito
try korora generate circle.chatito
printf 'import ../outside.chatito\n%%[a]\n    b\n' > escape.chatito
printf '~[a]\n    b\n' > ../outside.chatito
try korora generate escape.chatito
rm ../outside.chatito
printf '%%[a]\n    b\n   c\n' > indented.chatito
try korora generate indented.chatito
try korora generate nowhere.chatito
try korora generate
try korora generate home.chatito --count 0
try korora generate home.chatito --corrupt 2
try korora generate home.chatito --seed one
