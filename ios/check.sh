#!/bin/sh
# Whether the library would link into an app for iPhones, on a machine without Xcode: it is compiled for iOS, and linked
# with a program that refers to all of festival.h. Apple's frameworks are stood in for by lists of names: those of
# symbols.txt, which is what the library may take from them, so that anything else does not link.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. .ci/machine.sh

find_cargo
need build darwin
rustup target add aarch64-apple-ios >/dev/null 2>&1 || {
    say "iOS NOT checked: its part of Rust cannot be had here"
    exit 0
}
work="$cache/ios"
sdk="$work/iPhoneOS.sdk"
llvm=19
mkdir -p "$work"

darwin_headers || {
    say "iOS NOT checked: the headers cannot be had here"
    exit 0
}

# tbd FILE INSTALL-NAME KEY: a library without content, with the names that symbols.txt has for KEY.
tbd() {
    symbols=$(awk -v key="$3" '$1 == key { printf "%s%s", sep, $2; sep = ", " }' ios/symbols.txt)
    cat >"$1" <<TBD
--- !tapi-tbd
tbd-version: 4
targets: [ arm64-ios ]
install-name: '$2'
exports:
  - targets: [ arm64-ios ]
    symbols: [ $symbols ]
...
TBD
}

rm -rf "$sdk"
mkdir -p "$sdk/usr/lib"
ln -s "$darwin" "$sdk/usr/include"
frameworks=
for name in $(awk '$1 !~ /^(#|lib)/ && NF == 2 { print $1 }' ios/symbols.txt | sort -u); do
    folder="System/Library/Frameworks/$name.framework"
    mkdir -p "$sdk/$folder"
    tbd "$sdk/$folder/$name.tbd" "/$folder/$name" "$name"
    frameworks="$frameworks -framework $name"
done
tbd "$sdk/usr/lib/libSystem.tbd" /usr/lib/libSystem.B.dylib libSystem
tbd "$sdk/usr/lib/libobjc.tbd" /usr/lib/libobjc.A.dylib libobjc

export SDKROOT="$sdk" IPHONEOS_DEPLOYMENT_TARGET=15.0
export CC_aarch64_apple_ios="clang-$llvm" AR_aarch64_apple_ios="llvm-ar-$llvm"
sh ios/tree.sh "$work/tree"
(cd "$work/tree" && cargo rustc --locked --quiet -p ios --lib --profile shape --target aarch64-apple-ios --crate-type staticlib)
library="$CARGO_TARGET_DIR/aarch64-apple-ios/shape/libfestival_ios.a"

# A program that refers to each function of the header.
{
    echo '#include "festival.h"'
    echo 'void *const all[] = {'
    sed -n 's/^[A-Za-z].*[ *]\(festival_[a-z_]*\)(.*/    (void *)\1,/p' ios/include/festival.h
    echo '};'
    echo 'int main(void) { return all[0] == 0; }'
} >"$work/main.c"
"clang-$llvm" --target=arm64-apple-ios15.0 -isysroot "$sdk" -Iios/include -c "$work/main.c" -o "$work/main.o"
# shellcheck disable=SC2086 # a list of arguments, split on purpose
"ld64.lld-$llvm" -arch arm64 -platform_version ios 15.0 17.0 -syslibroot "$sdk" -dead_strip --error-limit=0 \
    -adhoc_codesign -o "$work/app" "$work/main.o" "$library" -lSystem -lobjc $frameworks || {
    say "iOS: it does not link. If what is missing is right to use, add it to ios/symbols.txt."
    exit 1
}
say "iOS: links, $(($(wc -c <"$work/app") / 1024 / 1024)) MiB, ad-hoc signed"
