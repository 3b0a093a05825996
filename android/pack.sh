#!/bin/sh
# Makes an APK of the library and signs it: `sh pack.sh LIBRARY APK WORK`. WORK is a folder for what comes in between,
# and is emptied first. The same library, at the same commit and with the same key, gives the same APK.
# From the environment, for a release: KEYSTORE, KEYSTORE_PASSWORD, KEY_ALIAS, and KEY_PASSWORD if it is another one.
# Without KEYSTORE it is signed with a key for tests, made once and kept outside of the clone.
set -eu

library=$1
apk=$2
work=$3
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../.ci/machine.sh"
. "$here/sdk.sh"
rm -rf "$work"
mkdir -p "$work/classes" "$work/res/drawable" "$work/dex"

if [ -n "$sdk" ]; then
    jar=$(newest "$sdk/platforms")/android.jar
    resources=$jar
else
    jar=$stand_ins/tools/android.jar
    resources=$stand_ins/tools/framework-res.apk
fi

# What is newer than Debian's android.jar is declared in stubs, which the phone's own classes stand in for.
stubs=
[ -n "$sdk" ] || stubs=$here/stubs
javac --release 8 -Xlint:-options -g:none -classpath "$jar" -sourcepath "$stubs" -implicit:none -Xprefer:source \
    -d "$work/classes" "$here"/java/chat/festival/*.java
if [ -n "$sdk" ]; then
    d8 --release --min-api 26 --lib "$jar" --output "$work/dex" "$work"/classes/chat/festival/*.class
else
    java -cp "$stand_ins/tools/dx.jar" com.android.dx.command.Main --dex --min-sdk-version=26 \
        --output="$work/dex/classes.dex" "$work/classes"
fi

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/../Cargo.toml" | head -n 1)
# A phone takes no APK that counts less than the one it has.
count=$(git -C "$here" rev-list --count HEAD 2>/dev/null || echo 1)
cp -R "$here/res/." "$work/res"
cp "$here/../app/assets/icon.png" "$work/res/drawable/icon.png"
aapt2 compile --dir "$work/res" -o "$work/res.zip"
# Debian's aapt2 is older than the resources, and warns of a chunk in them that it does not know and does not need.
aapt2 link -o "$work/base.apk" -I "$resources" --manifest "$here/AndroidManifest.xml" --min-sdk-version 26 \
    --target-sdk-version 36 --version-code "$count" --version-name "$version" "$work/res.zip" 2>"$work/link.log" || {
    cat "$work/link.log" >&2
    exit 1
}
python3 "$here/pack.py" "$work/base.apk" "$library" "$work/dex/classes.dex" "$work/unsigned.apk"

debug_key=$stand_ins/debug.p12
if [ -z "${KEYSTORE:-}" ]; then
    KEYSTORE=$debug_key
    KEYSTORE_PASSWORD=android
    KEY_ALIAS=debug
    [ -e "$debug_key" ] || keytool -genkeypair -keystore "$debug_key" -storetype PKCS12 -storepass android -alias debug \
        -keyalg RSA -keysize 3072 -validity 10000 -dname "CN=Festival Chat test key" 2>/dev/null >&2
fi
KEY_PASSWORD=${KEY_PASSWORD:-$KEYSTORE_PASSWORD}
export KEYSTORE_PASSWORD KEY_PASSWORD
apksigner sign --ks "$KEYSTORE" --ks-pass env:KEYSTORE_PASSWORD --ks-key-alias "$KEY_ALIAS" --key-pass env:KEY_PASSWORD \
    --min-sdk-version 26 --v1-signing-enabled false --v2-signing-enabled true --v3-signing-enabled true \
    --out "$apk" "$work/unsigned.apk"
rm -f "$apk.idsig"
