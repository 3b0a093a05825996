#!/bin/sh
# Makes what a person installs on a Mac, `Festival Chat.app` in a .zip: `sh app/package-macos.sh [FOLDER [PROGRAM]]`, on a Mac
# with Rust and Xcode's command line tools. It is left in FOLDER, or in `packages` of the build folder. PROGRAM is a `festival`
# that is built already; else it is built, for Macs with Apple's own processors and for those with Intel's.
# IDENTITY is whom it is signed as; without it, it opens on the Mac that made it, and elsewhere after a right click.
# Where Apple's programs are missing, the bundle is left without icon, signature and .zip.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/machine.sh"
out=${1:-$CARGO_TARGET_DIR/packages}
app="$out/Festival Chat.app"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)

rm -rf "$app"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
if [ $# -ge 2 ]; then
    cp "$2" "$app/Contents/MacOS/festival"
else
    find_cargo
    export MACOSX_DEPLOYMENT_TARGET=11.0
    programs=
    for target in aarch64-apple-darwin x86_64-apple-darwin; do
        rustup target add "$target" >&2
        cargo build --release --locked --manifest-path "$root/Cargo.toml" -p app --bin festival --target "$target" >&2
        programs="$programs $CARGO_TARGET_DIR/$target/release/festival"
    done
    # shellcheck disable=SC2086 # a list of files, split on purpose
    lipo -create -output "$app/Contents/MacOS/festival" $programs
fi
chmod 755 "$app/Contents/MacOS/festival"

# Links are not among what it opens: the system hands them over in a way that the window does not pass on.
cat >"$app/Contents/Info.plist" <<PLIST
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>CFBundleDevelopmentRegion</key>
    <string>en</string>
    <key>CFBundleDisplayName</key>
    <string>Festival Chat</string>
    <key>CFBundleExecutable</key>
    <string>festival</string>
    <key>CFBundleIconFile</key>
    <string>icon</string>
    <key>CFBundleIdentifier</key>
    <string>chat.festival</string>
    <key>CFBundleInfoDictionaryVersion</key>
    <string>6.0</string>
    <key>CFBundleName</key>
    <string>Festival Chat</string>
    <key>CFBundlePackageType</key>
    <string>APPL</string>
    <key>CFBundleShortVersionString</key>
    <string>$version</string>
    <key>CFBundleVersion</key>
    <string>$version</string>
    <key>LSApplicationCategoryType</key>
    <string>public.app-category.social-networking</string>
    <key>LSMinimumSystemVersion</key>
    <string>11.0</string>
    <key>NSBluetoothAlwaysUsageDescription</key>
    <string>To find people next to you and chat with them where there is no network.</string>
    <key>NSCameraUsageDescription</key>
    <string>To scan the code on a friend's screen.</string>
    <key>NSHighResolutionCapable</key>
    <true/>
    <key>NSLocalNetworkUsageDescription</key>
    <string>To chat with people on the same network, without the internet.</string>
</dict>
</plist>
PLIST

if ! command -v codesign >/dev/null; then
    say "$app, without icon, signature and .zip: this is no Mac"
    exit 0
fi
sips -s format icns "$root/app/assets/icon.png" --out "$app/Contents/Resources/icon.icns" >/dev/null
codesign --force --options runtime --entitlements "$root/app/assets/macos.entitlements" --sign "${IDENTITY:--}" "$app"
zip="$out/festival-chat-$version-macos.zip"
rm -f "$zip"
ditto -c -k --keepParent "$app" "$zip"
say "$zip"
