#!/bin/sh
# Makes what a person installs on Linux, a .deb and a .tar.gz: `sh app/package.sh [FOLDER [PROGRAM]]`. They are left in
# FOLDER, or in `packages` of the build folder. PROGRAM is a `festival` that is built already; else it is built.
# The same program gives the same bytes: everything is as old as the last commit. PACK_LEVEL, from 1 to 9, is how small they are
# made, at the cost of time.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/machine.sh"
out=${1:-$CARGO_TARGET_DIR/packages}
program=${2:-$CARGO_TARGET_DIR/release/festival}
level=${PACK_LEVEL:-6}

need package
if [ $# -lt 2 ]; then
    find_cargo
    need build
    cargo build --release --locked --manifest-path "$root/Cargo.toml" -p app --bin festival >&2 || {
        still_missing
        exit 1
    }
fi

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# The tree both packages have in common, below `usr`.
tree="$work/tree"
install -D -m 755 "$program" "$tree/bin/festival"
strip "$tree/bin/festival"
install -D -m 644 "$root/app/assets/festival-chat.desktop" "$tree/share/applications/festival-chat.desktop"
install -D -m 644 "$root/app/assets/icon.png" "$tree/share/icons/hicolor/256x256/apps/festival-chat.png"
install -D -m 644 "$root/app/assets/icon.svg" "$tree/share/icons/hicolor/scalable/apps/festival-chat.svg"
install -D -m 644 "$root/README.md" "$tree/share/doc/festival-chat/README.md"

# Anywhere: unpacked into a folder of one's own, or over /usr/local.
name=festival-chat-$version-$(uname -m)-linux
tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --directory "$tree" --transform "s,^\.,$name," . | gzip -n "-$level" >"$out/$name.tar.gz"
say "$out/$name.tar.gz"

command -v dpkg-deb >/dev/null || {
    say "no .deb: there is no dpkg-deb here"
    exit 0
}
mkdir -p "$work/deb/DEBIAN" "$work/debian"
mv "$tree" "$work/deb/usr"
# What it is linked with is found out; what it loads while it runs are the packages of a window.
printf 'Source: festival-chat\n\nPackage: festival-chat\nArchitecture: any\n' >"$work/debian/control"
linked=$(cd "$work" && dpkg-shlibdeps -O -e deb/usr/bin/festival 2>/dev/null)
manager=apt-get
loaded=$(packages_for window | sed 's/ /, /g')
cat >"$work/deb/DEBIAN/control" <<CONTROL
Package: festival-chat
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: Festival Chat
Section: net
Priority: optional
Installed-Size: $(du -sk "$work/deb/usr" | cut -f 1)
Depends: ${linked#shlibs:Depends=}, $loaded
Recommends: bluez, xdg-utils
Description: chat with people nearby, without accounts and servers
 Scan the code on a friend's screen and chat: over the internet, over the local
 network, or over Bluetooth where there is no network at all.
CONTROL
deb="$out/festival-chat_${version}_$(dpkg --print-architecture).deb"
dpkg-deb --root-owner-group -Zxz "-z$level" --build "$work/deb" "$deb" >/dev/null
say "$deb"
