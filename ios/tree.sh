#!/bin/sh
# Puts what the library is built from into FOLDER: `sh tree.sh FOLDER`. It is the project but for two versions in
# Cargo.lock: nix 0.31.3, which webrtc needs, does not compile for iOS with libc 0.2.190 or newer, nor is a mio that
# asks for those.
set -eu

mkdir -p "$1"
tree=$(CDPATH='' cd -- "$1" && pwd)
cd "$(dirname -- "$0")/.."
fresh=$(cksum <Cargo.lock)
for name in Cargo.toml android app ios storage tests transport; do
    [ ! -e "$name" ] || ln -sfn "$PWD/$name" "$tree/$name"
done
if [ ! -e "$tree/lock" ] || [ "$(cat "$tree/lock")" != "$fresh" ]; then
    cp Cargo.lock "$tree/Cargo.lock"
    (cd "$tree" && cargo update --quiet -p mio --precise 1.2.0 && cargo update --quiet -p libc --precise 0.2.189)
    echo "$fresh" >"$tree/lock"
fi
