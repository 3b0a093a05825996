#!/bin/sh
# Builds the library for what Xcode builds for; Xcode runs this before it compiles and links.
set -eu

cd "$(dirname -- "$0")"
PATH="$HOME/.cargo/bin:$PATH"
# Build scripts are for this Mac; the compilers ask xcrun for the phone's SDK.
unset SDKROOT
export IPHONEOS_DEPLOYMENT_TARGET=15.0

case "$PLATFORM_NAME ${ARCHS:-arm64}" in
iphoneos*) target=aarch64-apple-ios ;;
iphonesimulator*x86_64*) target=x86_64-apple-ios ;;
iphonesimulator*) target=aarch64-apple-ios-sim ;;
*)
    echo "error: this library is not for $PLATFORM_NAME" >&2
    exit 1
    ;;
esac

export CARGO_TARGET_DIR="$PWD/target/cargo"
sh tree.sh target/tree
(cd target/tree && cargo rustc --locked -p ios --lib --release --target "$target" --crate-type staticlib)
mkdir -p "target/$PLATFORM_NAME"
cp "$CARGO_TARGET_DIR/$target/release/libfestival_ios.a" "target/$PLATFORM_NAME/"
