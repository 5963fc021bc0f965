#!/bin/sh
# Checks views.pml exhaustively, then that each error planted into it is found. Promela.md says what the numbers mean.
set -eu
cd "$(dirname "$0")"
mkdir -p build/views
cd build/views

# explore OPTION... : prints spin's count of states; the answer is in the file out.
explore() {
    spin -a "$@" ../../views.pml > /dev/null
    # -w: the generated checker is not ours to mend.
    "${CC:-gcc}" -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=2000 -o pan pan.c
    # -E: processes that wait at the end are judged by the assertion in Watch.
    ./pan -m100000 -E > out 2>&1
    sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' out
}

sound() {
    states=$(explore "$@")
    if ! grep -q 'errors: 0' out || grep -q 'Search not completed\|out of memory\|max search depth' out; then
        cat out >&2
        echo "views.pml $*: not sound, or not explored to the end" >&2
        exit 1
    fi
    echo "views.pml $*: agreement and no deadlock, $states states"
}

found() {
    states=$(explore "$@")
    if grep -q 'errors: 0' out || ! grep -q 'assertion violated' out; then
        cat out >&2
        echo "views.pml $*: the planted error was not found" >&2
        exit 1
    fi
    echo "views.pml $*: found after $states states"
}

sound -DMEMBERS=3 -DCRASHES=1
sound -DMEMBERS=2 -DCRASHES=1
found -DMEMBERS=2 -DHALF_TWICE
found -DPROMISE_FORGOTTEN
found -DACCEPTED_VIEW_IGNORED
found -DAPPLIED_BEFORE_DECIDED
found -DFIRST_BALLOT_REUSED
found -DNEVER_AGAIN
found -DLEAST_ADOPTED
found -DACCEPTED_WITHOUT_PROMISE
