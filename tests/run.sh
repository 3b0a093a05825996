#!/bin/sh
# Runs every test: `sh tests/run.sh`. Arguments go to nextest: `sh tests/run.sh -E 'binary(sync)'`.
# Works from any directory, on a machine that has only Rust; see .ci/machine.sh for what it installs.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. .ci/machine.sh

find_cargo
need build window test package
cargo_tool nextest 0.9.143
browser_modules
bluetooth_machine

# The tests start the program as its own processes: it is built here, with the very features that the tests
# are built with, so that nothing is compiled twice.
cargo build --workspace --bins --tests --locked || {
    still_missing
    exit 1
}
cargo test --workspace --doc --locked --quiet

# Nothing of the person who runs the tests goes in or comes out: no files, no windows, no keyboard, no settings.
scratch=$(mktemp -d)
display=
# shellcheck disable=SC2329 # called by the trap
leave() {
    if [ -n "$display" ]; then
        kill "$display" 2>/dev/null || true
        wait "$display" 2>/dev/null || true
    fi
    rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
export LC_ALL=C.UTF-8 TZ=UTC
export XDG_CACHE_HOME="$scratch/cache" XDG_CONFIG_HOME="$scratch/config" XDG_DATA_HOME="$scratch/data"
unset WAYLAND_DISPLAY WAYLAND_SOCKET

if command -v Xvfb >/dev/null; then
    # A display of our own. It picks a free number itself and says so once it is ready.
    mkfifo "$scratch/display"
    Xvfb -displayfd 3 -screen 0 1600x1200x24 -nolisten tcp \
        3>"$scratch/display" >"$scratch/Xvfb.log" 2>&1 </dev/null &
    display=$!
    if read -r number <"$scratch/display"; then
        export DISPLAY=":$number"
    else
        cat "$scratch/Xvfb.log" >&2
        exit 1
    fi
fi

# Everything is drawn in software, so that an image is the same on every machine.
export LIBGL_ALWAYS_SOFTWARE=1
for icd in /usr/share/vulkan/icd.d/lvp_icd*.json; do
    [ ! -e "$icd" ] || export VK_DRIVER_FILES="$icd" VK_ICD_FILENAMES="$icd"
done

cargo nextest run --workspace --locked --profile ci "$@"
