# A model that is replaced while it is open goes on answering; one that is cut short ends with a message, not a crash.
. "$REPO/tests/cli/common"
# Ask a model through a pipe that stays open; when the model is mapped, do something to its file, then ask.
ask_after() { # command...
    cp "$KORORA_MODELS/trunk.gguf" model.gguf
    rm -f pipe; mkfifo pipe
    korora run ./model.gguf < pipe > answer 2> message &
    korora=$!
    exec 3> pipe
    tries=0
    until grep -q model.gguf /proc/$korora/maps; do
        tries=$((tries + 1)); [ $tries -lt 500 ] || { echo "never opened"; break; }
        sleep 0.01
    done
    sleep 0.2 # it has been checked, and waits for a line
    "$@"
    echo "where did I leave my notes?" >&3
    exec 3>&-
    wait $korora
    echo "exit $?"
    cat message
}
echo "where did I leave my notes?" | korora run trunk > expected
replace() { head -c 100 model.gguf > new; mv new model.gguf; }
ask_after replace
cmp answer expected && echo "the same answer"
ask_after truncate -s 4096 model.gguf
wc -c < answer
