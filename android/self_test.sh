#!/bin/sh
# Runs the self-test inside of an Android library, on an emulated processor: `sh self_test.sh LIBRARY WORK`, with an empty
# folder. It is the library of the APK, byte for byte, on Debian's arm64 C library instead of Android's: what it proves is
# that it links, unwinds, draws chance, encrypts, stores and exchanges messages as arm64 code. It says nothing of Android's C
# library, of Java, of the window, and of what a phone does to a process.
set -eu

library=$1
work=$(CDPATH='' cd -- "$2" && pwd)
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=/usr/aarch64-linux-gnu
compile="clang-19 --target=aarch64-linux-gnu -isystem $root/include -fuse-ld=lld-19 -nostdlib -O1 -Wall -Werror"

# The libraries it asks for by Android's names. Nothing of libandroid is called in the test.
mkdir "$work/lib"
awk '$1 == "android" { print ".globl " $3 "; .type " $3 ",%function; " $3 ": brk #1" }' "$here/imports.txt" >"$work/android.S"
$compile -shared "$work/android.S" -Wl,-soname,libandroid.so -o "$work/lib/libandroid.so"
: >"$work/empty.c"
for name in c dl log m; do
    $compile -shared "$work/empty.c" -Wl,-soname,"lib$name.so" -Wl,--no-as-needed "$root/lib/libm.so.6" "$root/lib/libc.so.6" \
        -o "$work/lib/lib$name.so"
done
$compile -rdynamic "$root/lib/crt1.o" "$root/lib/crti.o" "$here/self_test.c" "$root/lib/libc.so.6" "$root/lib/crtn.o" \
    -Wl,-dynamic-linker,/lib/ld-linux-aarch64.so.1 -o "$work/load"

timeout 300 qemu-aarch64-static -L "$root" -E "TMPDIR=$work" -E "LD_LIBRARY_PATH=$work/lib:$root/lib" \
    "$work/load" "$library"
