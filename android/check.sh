#!/bin/sh
# Checks an APK as far as that can be done without a phone: `sh check.sh APK LIBRARY WORK`, with the library it was packed
# from and an empty folder. It ends at the first thing that does not hold, and says what.
set -eu

apk=$1
library=$2
work=$3
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../.ci/machine.sh"
. "$here/sdk.sh"
readelf=llvm-readelf-19
command -v "$readelf" >/dev/null || readelf=llvm-readelf
max_bytes=12582912
export LC_ALL=C

fail() {
    say "the APK is not as it should be: $*"
    exit 1
}

# says FILE TEXT: FILE must hold a line that is or begins with TEXT.
says() {
    grep -q -- "^$2" "$1" || fail "\"$2\" is missing in: $(cat "$1")"
}

apksigner verify --verbose --min-sdk-version 26 "$apk" >"$work/signature" || fail "its signature"
says "$work/signature" "Verified using v2 scheme (APK Signature Scheme v2): true"
says "$work/signature" "Verified using v3 scheme (APK Signature Scheme v3): true"

aapt2 dump badging "$apk" >"$work/badging" 2>/dev/null || fail "its manifest"
says "$work/badging" "package: name='chat.festival' versionCode='[1-9]"
says "$work/badging" "sdkVersion:'26'"
says "$work/badging" "targetSdkVersion:'36'"
says "$work/badging" "launchable-activity: name='chat.festival.MainActivity'"
says "$work/badging" "native-code: 'arm64-v8a'\$"
# What it asks a person for is part of what it is: a new right is to be seen here.
sed -n "s/^uses-permission[^:]*: name='\([^']*\)'.*/\1/p" "$work/badging" | sort >"$work/permissions"
printf 'android.permission.%s\n' ACCESS_COARSE_LOCATION ACCESS_FINE_LOCATION ACCESS_NETWORK_STATE ACCESS_WIFI_STATE \
    BLUETOOTH BLUETOOTH_ADMIN BLUETOOTH_ADVERTISE BLUETOOTH_CONNECT BLUETOOTH_SCAN CAMERA CHANGE_NETWORK_STATE \
    CHANGE_WIFI_MULTICAST_STATE CHANGE_WIFI_STATE FOREGROUND_SERVICE FOREGROUND_SERVICE_CONNECTED_DEVICE INTERNET \
    NEARBY_WIFI_DEVICES POST_NOTIFICATIONS |
    cmp -s - "$work/permissions" || fail "it asks for $(tr '\n' ' ' <"$work/permissions")"
grep '^ *uses-feature: ' "$work/badging" | grep -v "android.hardware.\(faketouch\|screen\)" >"$work/features" || true
[ ! -s "$work/features" ] || fail "it requires $(cat "$work/features")"

# One library, which Android maps in pages of up to 16 KiB once it is unpacked.
python3 -m zipfile -e "$apk" "$work/unpacked"
(cd "$work/unpacked" && find . -name '*.so') >"$work/libraries"
says "$work/libraries" "./lib/arm64-v8a/libfestival_android.so"
[ "$(wc -l <"$work/libraries")" = 1 ] || fail "it has other libraries: $(cat "$work/libraries")"
cmp "$library" "$work/unpacked/lib/arm64-v8a/libfestival_android.so" || fail "it has another library"
zipalign -c 4 "$apk" || fail "zipalign"
"$readelf" --wide --program-headers "$library" >"$work/segments"
! grep '^ *LOAD' "$work/segments" | grep -vq ' 0x4000$' || fail "its library has other pages: $(cat "$work/segments")"

# What the library wants of the system is what imports.txt says, and what it shows is what the system and Java look for.
"$readelf" --wide --dynamic "$library" >"$work/dynamic"
! grep -q TEXTREL "$work/dynamic" || fail "its library changes its own code"
sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' "$work/dynamic" | sort >"$work/needed"
printf 'lib%s.so\n' android c dl log m | cmp -s - "$work/needed" || fail "its library needs $(tr '\n' ' ' <"$work/needed")"
"$readelf" --wide --dyn-symbols "$library" | sed 's/@.*//' >"$work/symbols"
awk '$7 == "UND" && $8 != "" { print ($5 == "WEAK" ? "weak " : "") $8 }' "$work/symbols" | sort -u >"$work/imports"
awk '!/^#/ && NF { print ($1 == "weak" ? "weak " : "") $3 }' "$here/imports.txt" | sort -u >"$work/allowed"
[ -z "$(comm -23 "$work/imports" "$work/allowed")" ] ||
    fail "its library imports what imports.txt has not: $(comm -23 "$work/imports" "$work/allowed" | tr '\n' ' ')"
[ -z "$(comm -13 "$work/imports" "$work/allowed")" ] ||
    fail "imports.txt has what its library does not import: $(comm -13 "$work/imports" "$work/allowed" | tr '\n' ' ')"
awk '$7 ~ /^[0-9]+$/ && $5 == "GLOBAL" && $8 !~ /^rustsecp256k1_/ { print $8 }' "$work/symbols" | sort -u >"$work/exports"
{
    printf '%s\n' ANativeActivity_onCreate android_main festival_self_test
    for class in "$here"/java/chat/festival/*.java; do
        name=Java_chat_festival_$(basename "$class" .java)
        sed -n "s/^    [a-z ]*native [A-Za-z]* \([A-Za-z]*\)(.*/${name}_\1/p" "$class"
    done
} | sort | cmp -s - "$work/exports" || fail "its library exports $(tr '\n' ' ' <"$work/exports")"

# dexdump verifies the byte code as it reads it.
dexdump -d "$work/unpacked/classes.dex" >"$work/dex" 2>&1 || fail "its byte code: $(tail -n 5 "$work/dex")"
says "$work/dex" "  Class descriptor  : 'Lchat/festival/MainActivity;'"
! grep -q invoke-custom "$work/dex" || fail "its byte code has a lambda, which Android cannot run"

bytes=$(wc -c <"$apk")
[ "$bytes" -le "$max_bytes" ] || fail "$bytes bytes are more than $max_bytes"
say "$apk: $bytes bytes"
