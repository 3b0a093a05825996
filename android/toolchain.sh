#!/bin/sh
# Makes DIR into what links for Android on arm64 where there is no NDK: `sh toolchain.sh DIR`. Debian's clang and lld
# do the work; what Android's own files would give is made here: the two objects every library begins and ends with,
# the unwinder (Rust ships its source), and libraries without content, by whose names and symbols it is linked. Those
# symbols are the ones in imports.txt, so that a library which needs any other does not link.
set -eu

dir=$1
api=26
llvm=19
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
unwind=$(rustc --print sysroot)/lib/rustlib/src/rust/src/llvm-project/libunwind
[ -d "$unwind" ] || {
    echo "the source of Rust's unwinder is missing: rustup component add rust-src" >&2
    exit 1
}
recipe=$(cat "$here/toolchain.sh" "$here/imports.txt" | cksum | tr ' ' -)-$(rustc --version | tr ' ' -)
if [ -e "$dir/ready" ] && [ "$(cat "$dir/ready")" = "$recipe" ]; then
    exit 0
fi
rm -rf "$dir"
mkdir -p "$dir/bin" "$dir/lib" "$dir/work"

# Headers of Debian's C library for arm64: what is compiled with them here is ring and the unwinder, which take types
# and constants from them that are Linux's own. What the headers would bring in of that C library's inside is called by
# names that imports.txt has not, so that it would not link; `errno` is the one that is needed.
target="--target=aarch64-linux-android$api -isystem /usr/aarch64-linux-gnu/include -D__errno_location=__errno"
for driver in clang clang++; do
    cat >"$dir/bin/aarch64-linux-android$api-$driver" <<DRIVER
#!/bin/sh
exec $driver-$llvm $target -fuse-ld=lld-$llvm -B$dir/lib -L$dir/lib "\$@"
DRIVER
    chmod 755 "$dir/bin/aarch64-linux-android$api-$driver"
done
for tool in ar nm readelf strip; do
    ln -s "$(command -v "llvm-$tool-$llvm")" "$dir/bin/llvm-$tool"
done
# The same bytes wherever it is made.
compile() {
    # shellcheck disable=SC2086 # a list of arguments, split on purpose
    "clang-$llvm" $target -fPIC -O2 -g0 "-ffile-prefix-map=$dir=." "-ffile-prefix-map=$unwind=libunwind" -c "$@"
}

cat >"$dir/work/begin.c" <<'C'
extern void __cxa_finalize(void *);
extern int __cxa_atexit(void (*)(void *), void *, void *);
__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;
__attribute__((destructor)) static void unloaded(void) { __cxa_finalize(&__dso_handle); }
static void call(void *function) { ((void (*)(void))function)(); }
__attribute__((visibility("hidden"))) int atexit(void (*function)(void)) {
    return __cxa_atexit(call, (void *)function, &__dso_handle);
}
C
cat >"$dir/work/end.S" <<'S'
    .section .eh_frame,"a",@progbits
    .balign 4
    .zero 4
    .section .note.GNU-stack,"",@progbits
S
compile "$dir/work/begin.c" -o "$dir/lib/crtbegin_so.o"
compile "$dir/work/end.S" -o "$dir/lib/crtend_so.o"

mkdir "$dir/work/unwind"
options="-I$unwind/include -I$unwind/src -D_LIBUNWIND_IS_NATIVE_ONLY -D_LIBUNWIND_HIDE_SYMBOLS -DNDEBUG
    -fvisibility=hidden -funwind-tables -Wno-everything"
for file in libunwind.cpp UnwindLevel1.c UnwindLevel1-gcc-ext.c UnwindRegistersRestore.S UnwindRegistersSave.S; do
    case $file in
    *.cpp) language="-std=c++17 -nostdinc++ -fno-exceptions -fno-rtti" ;;
    *.c) language="-std=gnu11 -fexceptions" ;;
    *) language= ;;
    esac
    # shellcheck disable=SC2086 # as above
    compile $options $language "$unwind/src/$file" -o "$dir/work/unwind/$file.o"
done
"llvm-ar-$llvm" rcsD "$dir/lib/libunwind.a" "$dir"/work/unwind/*.o

for library in android c dl log m; do
    awk -v library="$library" '
        $1 == library && $2 == "D" { print ".data; .globl " $3 "; .type " $3 ",%object; .size " $3 ",8"; print $3 ": .zero 8" }
        $1 == library && $2 == "F" { print ".text; .globl " $3 "; .type " $3 ",%function"; print $3 ": ret" }
    ' "$here/imports.txt" >"$dir/work/$library.S"
    compile "$dir/work/$library.S" -o "$dir/work/$library.o"
    "ld.lld-$llvm" -shared -m aarch64linux -soname "lib$library.so" -z max-page-size=16384 \
        "$dir/work/$library.o" -o "$dir/lib/lib$library.so"
done
rm -rf "$dir/work"
printf '%s\n' "$recipe" >"$dir/ready"
