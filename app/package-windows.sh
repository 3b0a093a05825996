#!/bin/sh
# Makes what a person unpacks on Windows, `festival.exe` in a .zip, on a machine with Linux: `sh app/package-windows.sh [FOLDER
# [PROGRAM]]`. It is left in FOLDER, or in `packages` of the build folder. PROGRAM is a `festival.exe` that is built already;
# else it is built. The same program gives the same bytes: everything is as old as the last commit.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/machine.sh"
target=x86_64-pc-windows-gnu
out=${1:-$CARGO_TARGET_DIR/packages}
program=${2:-$CARGO_TARGET_DIR/$target/release/festival.exe}

need package
if [ $# -lt 2 ]; then
    find_cargo
    need build windows
    rustup target add "$target" >&2
    cargo build --release --locked --manifest-path "$root/Cargo.toml" -p app --bin festival --target "$target" >&2 || {
        still_missing
        exit 1
    }
fi

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
mkdir -p "$out"
out=$(CDPATH='' cd -- "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=festival-chat-$version-x86_64-windows
mkdir "$work/$name"
cp "$program" "$work/$name/festival.exe"
cp "$root/README.md" "$work/$name/README.md"
touch -d "@$SOURCE_DATE_EPOCH" "$work/$name"/* "$work/$name"
rm -f "$out/$name.zip"
(cd "$work" && TZ=UTC zip -q -X -9 "$out/$name.zip" "$name" "$name/README.md" "$name/festival.exe")
say "$out/$name.zip"
