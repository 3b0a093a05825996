# What a machine must have before it can build, run or test Festival Chat; sourced by `app/run.sh`,
# `tests/run.sh` and `.ci/run`. POSIX sh, since that is all a fresh machine is sure to have.

# Where everything is built: outside of the clone, so that clones share the dependencies they have in
# common and a clone stays clean.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/festival-chat"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
# Cargo's own tools (nextest, deny, fuzz), where this project had to install them itself.
tools="$cache/tools"
PATH="$PATH:$tools/bin"

# Says something to the person on standard error: standard output belongs to the program.
say() {
    printf '%s\n' "$*" >&2
}

# Finds cargo, also where the shell has not read the Rust installer's changes to its profile yet.
find_cargo() {
    command -v cargo >/dev/null || PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
    command -v cargo >/dev/null && return
    say "Rust is missing: install it with rustup (version 1.95 or newer), then run this again."
    exit 1
}

# cargo_tool NAME VERSION: installs `cargo NAME` where the machine has none. Its version is fixed, so that a new
# release cannot break an old commit.
cargo_tool() {
    command -v "cargo-$1" >/dev/null && return
    say "Installing cargo-$1 $2, once."
    (unset CARGO_TARGET_DIR && cargo install --locked --quiet --root "$tools" "cargo-$1@$2")
}

# Names the machine's package manager; empty where there is nothing to install (macOS) or to guess.
package_manager() {
    [ "$(uname -s)" = Linux ] || return 0
    for manager in apt-get dnf pacman zypper apk; do
        if command -v "$manager" >/dev/null; then
            echo "$manager"
            return
        fi
    done
}

# packages_for WHAT: the packages that give WHAT on this machine. Only the names for apt-get have been tried
# out; the others are the same things by those distributions' names.
#   build   a C compiler (for ring), libclang for the camera's bindings, and what speaks to Bluetooth's service
#   window  what the window loads while it runs: nothing of it is linked
#   test    a display, a keyboard and eyes for the tests, all in software; routers and servers for the NAT lab;
#           a browser; a Java machine; a virtual machine with Bluetooth and Wi-Fi in it
#   node    what installs the packages of a web page
#   package what the program is packed with for others
#   windows a C compiler and a linker for Windows
#   ios     a C compiler and a linker for iOS
#   android what makes an APK without an Android SDK and runs its library: compilers, packers, an emulated processor
packages_for() {
    case "$manager $1" in
    "apt-get build") echo gcc libc6-dev libclang-dev libdbus-1-dev pkg-config ;;
    "apt-get window") echo libegl1 libgl1-mesa-dri libfontconfig1 libwayland-client0 libwayland-egl1 \
        libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libxkbcommon0 libxrandr2 ;;
    "apt-get test") echo bluez bluez-test-tools busybox-static chromium coturn cpio dbus default-jdk-headless \
        fonts-dejavu-core dnsmasq-base fonts-noto-color-emoji g++ hostapd imagemagick iproute2 iw kmod libvulkan1 \
        mesa-vulkan-drivers network-manager nftables qemu-system-x86 tesseract-ocr tesseract-ocr-eng wpasupplicant \
        x11-utils xclip xdotool xvfb ;;
    "dnf build") echo clang-devel dbus-devel gcc glibc-devel pkgconf ;;
    "dnf window") echo fontconfig libX11-xcb libXcursor libXi libXrandr libwayland-client \
        libwayland-egl libxkbcommon-x11 mesa-dri-drivers mesa-libEGL ;;
    "dnf test") echo ImageMagick chromium-headless coturn dejavu-sans-fonts gcc-c++ google-noto-color-emoji-fonts \
        iproute java-devel mesa-vulkan-drivers nftables vulkan-loader xclip xdotool xorg-x11-server-Xvfb xwininfo ;;
    "pacman build") echo clang dbus gcc pkgconf ;;
    "pacman window") echo fontconfig libx11 libxcursor libxi libxkbcommon-x11 libxrandr mesa wayland ;;
    "pacman test") echo chromium coturn imagemagick iproute2 jdk-openjdk nftables noto-fonts-emoji ttf-dejavu \
        vulkan-icd-loader vulkan-swrast xclip xdotool xorg-server-xvfb xorg-xwininfo ;;
    "zypper build") echo clang-devel dbus-1-devel gcc glibc-devel pkg-config ;;
    "zypper window") echo Mesa-dri Mesa-libEGL1 libX11-xcb1 libXcursor1 libXi6 libXrandr2 \
        libfontconfig1 libwayland-client0 libwayland-egl1 libxkbcommon-x11-0 ;;
    "zypper test") echo ImageMagick chromium coturn dejavu-fonts gcc-c++ iproute2 java-devel libvulkan1 \
        libvulkan_lvp nftables noto-coloremoji-fonts xclip xdotool xorg-x11-server-Xvfb xwininfo ;;
    "apk build") echo build-base clang-dev dbus-dev linux-headers pkgconf ;;
    "apk window") echo fontconfig libx11 libxcursor libxi libxkbcommon-x11 libxrandr mesa-dri-gallium \
        mesa-egl wayland-libs-client wayland-libs-egl ;;
    *" node") echo nodejs npm ;;
    "apt-get windows") echo gcc-mingw-w64-x86-64-posix ;;
    "apt-get ios") echo clang-19 lld-19 llvm-19 python3-venv ;;
    "apt-get android") echo aapt apksigner clang-19 default-jdk-headless dexdump libc6-dev-arm64-cross lld-19 llvm-19 \
        python3 qemu-user-static zipalign ;;
    "apt-get package") echo binutils dpkg-dev ;;
    *" package") echo binutils ;;
    "apk test") echo chromium coturn font-dejavu font-noto-emoji imagemagick iproute2 mesa-vulkan-swrast \
        nftables openjdk17-jdk util-linux vulkan-loader xclip xdotool xvfb xwininfo ;;
    esac
}

is_installed() {
    case "$manager" in
    apt-get) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
    dnf | zypper) rpm -q --whatprovides "$1" >/dev/null 2>&1 ;;
    pacman) pacman -Q "$1" >/dev/null 2>&1 ;;
    apk) apk info -e "$1" >/dev/null 2>&1 ;;
    esac
}

# as_root COMMAND...: runs it with the rights to install something, or fails where there are none.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

install_packages() {
    case "$manager" in
    apt-get)
        # An index that cannot be refreshed may still be good enough, so only the installation counts.
        as_root apt-get update -qq || true
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
            -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
        ;;
    dnf) as_root dnf install -y "$@" ;;
    pacman) as_root pacman -S --needed --noconfirm "$@" ;;
    zypper) as_root zypper --non-interactive install "$@" ;;
    apk) as_root apk add "$@" ;;
    esac
}

# The services of packages: Debian starts what it installs, but the tests start services of their own, and one that
# manages the machine's network is nothing that a test may bring.
services_of() {
    for package in "$@"; do
        case $package in
        coturn | hostapd) echo "$package" ;;
        network-manager) echo NetworkManager ;;
        wpasupplicant) echo wpa_supplicant ;;
        esac
    done
}

# services HOW NAMES...: `mask` keeps them from starting, also when they are installed; `off` lets them be started, but
# by hand only.
services() {
    how=$1
    shift
    if [ $# -gt 0 ] && command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then
        case $how in
        mask) as_root systemctl mask --quiet --runtime "$@" >&2 || true ;;
        off)
            as_root systemctl unmask --quiet --runtime "$@" >&2 || true
            as_root systemctl disable --quiet --now "$@" >&2 || true
            ;;
        esac
    fi
}

# need WHAT...: installs those of their packages which this machine lacks. Where that fails it says so and
# goes on: the machine may have the same thing by another name, and if not, `still_missing` tells.
need() {
    manager=$(package_manager)
    missing=
    for what in "$@"; do
        for package in $(packages_for "$what"); do
            is_installed "$package" || missing="$missing $package"
        done
    done
    [ -n "$missing" ] || return 0
    say "Installing what this machine lacks:$missing"
    # shellcheck disable=SC2086,SC2046 # lists of names, split on purpose
    services mask $(services_of $missing)
    # shellcheck disable=SC2086 # as above
    if install_packages $missing </dev/null >&2; then
        installed=$missing
        missing=
    else
        installed=$missing
        still_missing
    fi
    # shellcheck disable=SC2086,SC2046 # as above
    services off $(services_of $installed)
}

# Repeats what could not be installed, if anything.
still_missing() {
    [ -z "${missing:-}" ] ||
        say "Could not install it. Please have this run with administrator rights: $manager install$missing"
}

# The packages that the page of tests/browser.rs is made with, in the versions of its lock file. Kept outside of
# the clone; BROWSER_MODULES says where.
browser_modules() {
    command -v npm >/dev/null || need node
    mkdir -p "$cache/browser"
    if ! cmp -s tests/browser/package-lock.json "$cache/browser/installed.json"; then
        cp tests/browser/package.json tests/browser/package-lock.json "$cache/browser/"
        npm ci --prefix "$cache/browser" --silent --no-audit --no-fund
        cp tests/browser/package-lock.json "$cache/browser/installed.json"
    fi
    export BROWSER_MODULES="$cache/browser/node_modules"
}

# A kernel with Bluetooth for tests/bluetooth, unpacked and kept outside of the clone; BLUETOOTH_MACHINE says where.
bluetooth_machine() {
    export BLUETOOTH_MACHINE="$cache/bluetooth/machine"
    [ "$manager" != apt-get ] || sh tests/bluetooth/vm/prepare.sh "$BLUETOOTH_MACHINE" || {
        say "The kernel for the Bluetooth tests could not be had."
        return 0
    }
}
