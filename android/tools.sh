#!/bin/sh
# Puts into DIR what an Android SDK would give besides the programs Debian has: `sh tools.sh DIR`. They are Debian's own
# packages, of releases that still had them, only unpacked: the newest android.jar there is (API 23), the newest resources
# of the system (API 33, for newer attributes in the manifest), and the program that makes Android's byte code of Java's.
set -eu

dir=$1
[ ! -e "$dir/ready" ] || exit 0
rm -rf "$dir"
mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial"
dir=$(CDPATH='' cd -- "$dir" && pwd)
: >"$dir/apt/status"
cat >"$dir/apt/apt.conf" <<CONF
Dir::Etc::SourceList "$dir/apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$dir/apt";
Dir::State::Lists "$dir/apt/lists";
Dir::State::Status "$dir/apt/status";
Dir::Cache "$dir/apt";
APT::Sandbox::User "root";
CONF

# fetch RELEASE PACKAGE SHA256: unpacks that package of that release of Debian. Releases move to the archive in time.
# Whoever signed the list of packages, it is these bytes or none.
fetch() {
    rm -f "$dir"/apt/*.deb
    for mirror in http://deb.debian.org/debian http://archive.debian.org/debian; do
        echo "deb [trusted=yes] $mirror $1 main" >"$dir/apt/sources.list"
        if (cd "$dir/apt" && APT_CONFIG="$dir/apt/apt.conf" && export APT_CONFIG &&
            apt-get update -qq && apt-get download -qq "$2") >/dev/null 2>&1; then
            break
        fi
    done
    echo "$3  $(echo "$dir"/apt/*.deb)" | sha256sum --check --quiet || {
        echo "Debian's package $2 cannot be had, or is another one than expected" >&2
        exit 1
    }
    dpkg -x "$dir"/apt/*.deb "$dir/apt/$2"
}

fetch bullseye dalvik-exchange 8fc128db7c27253d963eb9b33de79b197162a4749d2ba69019b2fd0664cbd7fe
cp "$dir"/apt/dalvik-exchange/usr/share/java/com.android.dx-*.jar "$dir/dx.jar"
fetch bullseye libandroid-23-java 8af1b6df556971dda0a6da3536ea526a838e0c363afcdd454213d8bce94793e3
cp "$dir/apt/libandroid-23-java/usr/lib/android-sdk/platforms/android-23/android.jar" "$dir/android.jar"
fetch trixie android-framework-res 2813eeaa722b1fc67d66701ddb6111d4b74f84df20974c220da04b0ef5f4c1c8
cp "$dir/apt/android-framework-res/usr/share/android-framework-res/framework-res.apk" "$dir/framework-res.apk"
rm -rf "$dir/apt"
: >"$dir/ready"
