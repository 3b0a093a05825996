#!/bin/sh
# Makes festival.apk, which installs on phones with a 64-bit ARM processor and Android 8.0 or newer:
# `sh android/build.sh [APK]`. It is left at APK, or in `packages` of the build folder, signed: see pack.sh for with what.
# Where ANDROID_HOME names an Android SDK and ANDROID_NDK_HOME an NDK (or the SDK has one in it), they are used; else what
# Debian has: see README.md beside this.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/machine.sh"
. "$root/android/sdk.sh"
apk=${1:-$CARGO_TARGET_DIR/packages/festival.apk}
api=26

find_cargo
rustup target add aarch64-linux-android >/dev/null 2>&1 || say "rustup cannot add the target aarch64-linux-android"
if [ -z "$ndk" ] || [ -z "$sdk" ]; then
    need android
    mkdir -p "$stand_ins"
fi
if [ -n "$ndk" ]; then
    bin=$(echo "$ndk"/toolchains/llvm/prebuilt/*/bin)
else
    rustup component add rust-src >/dev/null 2>&1 || true
    sh "$root/android/toolchain.sh" "$stand_ins/toolchain"
    bin=$stand_ins/toolchain/bin
fi
[ -n "$sdk" ] || sh "$root/android/tools.sh" "$stand_ins/tools"

export CC_aarch64_linux_android="$bin/aarch64-linux-android$api-clang"
export CXX_aarch64_linux_android="$bin/aarch64-linux-android$api-clang++"
export AR_aarch64_linux_android="$bin/llvm-ar"
export CARGO_TARGET_AARCH64_LINUX_ANDROID_LINKER="$bin/aarch64-linux-android$api-clang"
# No folder of this machine is in the library, so that every machine makes the same one.
source=$(rustc --print sysroot)/lib/rustlib/src/rust
unset RUSTFLAGS
# The clone's own is in none of it, since cargo names its files from there, and said here it would have everything
# compiled anew in each clone.
export CARGO_TARGET_AARCH64_LINUX_ANDROID_RUSTFLAGS="--remap-path-prefix=$CARGO_TARGET_DIR=/target --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo \
--remap-path-prefix=$source=/rust"
# Nor is anything that is another in every run of the compiler: see steady.c.
if [ "$(uname -s)" = Linux ]; then
    mkdir -p "$stand_ins"
    cc -shared -fPIC -O1 -o "$stand_ins/steady.so" "$root/android/steady.c"
    printf '#!/bin/sh\nLD_PRELOAD="%s" exec "$@"\n' "$stand_ins/steady.so" >"$stand_ins/steady"
    chmod 755 "$stand_ins/steady"
    export RUSTC_WRAPPER="$stand_ins/steady"
else
    say "Not on Linux: two compilations may differ in some bytes."
fi
# Pages of up to 16 KiB, and nothing is left for Android's linker to miss.
cargo rustc --locked --manifest-path "$root/Cargo.toml" -p android --lib --profile mobile \
    --target aarch64-linux-android --crate-type cdylib -- \
    -C link-arg=-Wl,-z,max-page-size=16384 -C link-arg=-Wl,-z,common-page-size=16384 \
    -C link-arg=-Wl,--no-undefined -C link-arg=-Wl,--error-limit=0 -C link-arg=-Wl,--icf=all -C link-arg=-Wl,--build-id=sha1 >&2 || {
    still_missing
    exit 1
}

mkdir -p "$(dirname -- "$apk")"
sh "$root/android/pack.sh" "$CARGO_TARGET_DIR/aarch64-linux-android/mobile/libfestival_android.so" "$apk" \
    "$CARGO_TARGET_DIR/android"
say "$apk"
