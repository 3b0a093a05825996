#!/bin/bash
# Everything in the machine: Bluetooth controllers that hear each other, one real bluetoothd, and the story.
# No network interface is up, not even loopback, unless the story does that.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
mount -t tmpfs tmpfs /run
mkdir -p /run/dbus /run/lock /run/out /run/phones
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 out /run/out
hostname festival
mkfifo /run/never
# Modules are all there; a search for more stalls the controllers' start beyond its time limit.
echo >/proc/sys/kernel/modprobe
. /run/out/settings

say() {
    read -r up _ </proc/uptime
    echo "[$up] $*"
}

until_true() {
    for ((i = 0; i < $1; i++)); do
        "${@:2}" && return
        read -rt 0.2 <>/run/never
    done
    return 1
}

count() {
    hciconfig 2>/dev/null | grep -c "$1"
}
have_addresses() {
    [ "$(hciconfig 2>/dev/null | grep 'BD Address' | grep -vc 00:00:00:00:00:00)" -ge "$controllers" ]
}
are_up() {
    [ "$(count 'UP RUNNING')" -ge "$controllers" ]
}

story() {
    rm -rf /var/lib/bluetooth
    mkdir -p /var/lib/bluetooth /var/lib/dbus
    [ -s /etc/machine-id ] || dbus-uuidgen --ensure=/etc/machine-id
    dbus-daemon --system --fork --nopidfile
    for _ in 1 2 3; do
        btvirt "-l$controllers" >/run/btvirt.log 2>&1 &
        air=$!
        until_true 50 have_addresses && break
        kill $air
        wait $air
    done
    say "controllers are there"
    daemon=$(ls /usr/libexec/bluetooth/bluetoothd /usr/lib/bluetooth/bluetoothd /usr/sbin/bluetoothd 2>/dev/null | head -n 1)
    # It was seen to crash when Bluetooth is switched off. A system starts it again when somebody asks for it.
    while :; do
        "$daemon" -n -f "$config" --noplugin=sap,a2dp,avrcp,network,input,hostname,midi,bap,vcp,mcp,hog
        echo "the service ended with $?"
    done >/run/out/bluetoothd.log 2>&1 &
    until_true 300 are_up || return 1
    say "bluetoothd is up; interfaces: $(ls /sys/class/net | tr '\n' ' ')"
    "$guest" "$festival" "$story"
}

story
code=$?
kill -0 $air 2>/dev/null || say "the emulated controllers came down"
say "the story ended with $code"
echo $code >/run/out/code
sync
# From here on nothing can be started: the host's files are gone.
echo o >/proc/sysrq-trigger
while :; do :; done
