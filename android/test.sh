#!/bin/sh
# Makes festival.apk as `build.sh` does without an Android SDK, and checks what can be checked without a phone:
# `sh android/test.sh`. Its signature, manifest, byte code, size and the shape of its library (check.sh); that its library
# works, on an emulated processor (self_test.sh); and that making it twice gives the same bytes.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/machine.sh"
unset ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK_HOME ANDROID_NDK_ROOT KEYSTORE
apk=$CARGO_TARGET_DIR/packages/festival.apk
library=$CARGO_TARGET_DIR/aarch64-linux-android/mobile/libfestival_android.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/check" "$work/self_test"

sh "$root/android/build.sh" "$apk"
sh "$root/android/check.sh" "$apk" "$library" "$work/check"
sh "$root/android/self_test.sh" "$library" "$work/self_test" 2>"$work/log" || {
    cat "$work/log" >&2
    say "the library's self-test failed"
    exit 1
}

# What a macro of jni takes part in is compiled anew, since that was not the same bytes each time (see steady.c); all else
# would take minutes.
cargo clean --quiet --manifest-path "$root/Cargo.toml" --profile mobile --target aarch64-linux-android \
    -p jni -p jni-macros -p android-activity -p android
sh "$root/android/build.sh" "$work/again.apk"
cmp "$apk" "$work/again.apk" || {
    say "making it twice gave two APKs"
    exit 1
}
