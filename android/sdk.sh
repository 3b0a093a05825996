# Where an Android SDK and NDK are, if there are any; sourced, after `.ci/machine.sh`. POSIX sh.

# newest FOLDER: what lies in it with the highest version for a name.
newest() {
    find "$1" -mindepth 1 -maxdepth 1 | sort -V | tail -n 1
}

sdk=${ANDROID_HOME:-${ANDROID_SDK_ROOT:-}}
ndk=${ANDROID_NDK_HOME:-${ANDROID_NDK_ROOT:-}}
if [ -n "$sdk" ]; then
    PATH="$(newest "$sdk/build-tools"):$PATH"
    [ -n "$ndk" ] || [ ! -d "$sdk/ndk" ] || ndk=$(newest "$sdk/ndk")
fi
# What is made once in place of what they lack.
stand_ins=$cache/android
