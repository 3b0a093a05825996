#!/bin/sh
# Runs every fuzz target for some seconds each: `sh .ci/fuzz.sh 10`. New inputs go to a copy of the corpus,
# so that the clone stays clean; a crash leaves its input in the crate's `artifacts` folder and says so.
#
# The sanitizer's flags are unstable ones. RUSTC_BOOTSTRAP lets the one compiler that builds the product take
# them too, so that no second toolchain is needed.
set -eu

seconds=${1:-10}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/machine.sh"
# One folder for all fuzz crates, apart from the rest: everything in it is built with the sanitizer.
export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/fuzz"
export RUSTC_BOOTSTRAP=1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

inputs="$scratch/inputs"
host=$(rustc -vV | sed -n 's/^host: //p')

for crate in "$root"/*/fuzz "$root"/*/*/fuzz; do
    [ -e "$crate/Cargo.toml" ] || continue
    cd "$crate"
    # cargo-fuzz has no `--locked`, so an outdated lock file is noticed here.
    cargo fetch --locked --quiet --target "$host"
    cargo fuzz build --fuzz-dir .
    for target in $(cargo fuzz list --fuzz-dir .); do
        rm -rf "$inputs"
        mkdir "$inputs"
        [ ! -d "corpus/$target" ] || cp -R "corpus/$target/." "$inputs/"
        cargo fuzz run --fuzz-dir . "$target" "$inputs" -- \
            "-max_total_time=$seconds" -rss_limit_mb=1024 -timeout=10 -verbosity=0 -print_final_stats=1 \
            >"$scratch/log" 2>&1 || {
            tail -n 80 "$scratch/log" >&2
            exit 1
        }
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/log")
        say "${crate#"$root"/} $target: $runs inputs in $seconds s"
    done
done
