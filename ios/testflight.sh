#!/bin/sh
# Builds the app on a Mac and hands it to TestFlight; README.md says what has to be there before.
set -eu

cd "$(dirname -- "$0")"
: "${DEVELOPMENT_TEAM:?the ten letters and digits of your team at developer.apple.com}"
: "${BUNDLE_ID:?the bundle id of the app at appstoreconnect.apple.com}"
: "${ASC_KEY:?the file AuthKey_….p8 of an App Store Connect API key}"
: "${ASC_KEY_ID:?the id of that key}"
: "${ASC_ISSUER:?the issuer id above the list of keys}"
# Each upload needs a higher one.
BUILD_NUMBER=${BUILD_NUMBER:-$(date -u +%Y%m%d%H%M)}
export BUILD_NUMBER BUNDLE_ID DEVELOPMENT_TEAM

xcodegen generate
set -- -allowProvisioningUpdates -authenticationKeyPath "$ASC_KEY" \
    -authenticationKeyID "$ASC_KEY_ID" -authenticationKeyIssuerID "$ASC_ISSUER"
xcodebuild -project FestivalChat.xcodeproj -scheme FestivalChat -configuration Release \
    -destination 'generic/platform=iOS' -archivePath target/FestivalChat.xcarchive "$@" archive
xcodebuild -exportArchive -archivePath target/FestivalChat.xcarchive \
    -exportOptionsPlist ExportOptions.plist -exportPath target/export "$@"
