#!/bin/sh
# Pin every package, direct and transitive, for all supported Pythons: `make pins`.
# $1 is the uv to use; extra arguments, such as --upgrade, go to it.
set -eu
uv=$1
shift
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
        --custom-compile-command "make pins" "$@"
}
# The line that installs utils is no pin: it is left out while the others are chosen.
own="-e .  # utils itself"
sed -i.old '/^-e /d' requirements.txt && rm requirements.txt.old
trap 'echo "$own" >> requirements.txt' EXIT
(cd requirements && compile "$@" book.in --output-file ../requirements.txt)
for extra in test bench mutants paper lite; do
    (cd requirements && compile "$@" "$extra.in" --output-file "$extra.txt")
done
