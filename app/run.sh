#!/bin/sh
# Builds Festival Chat and runs it: `sh app/run.sh`, or with arguments, `sh app/run.sh demo`.
# Works from any directory, on a machine that has only Rust; see .ci/machine.sh for what it installs.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/machine.sh"

find_cargo
need build window

cargo build --release --locked --manifest-path "$root/Cargo.toml" -p app --bin festival >&2 || {
    still_missing
    exit 1
}
exec "$CARGO_TARGET_DIR/release/festival" "$@"
