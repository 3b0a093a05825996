#!/bin/bash
# Everything in the machine: Bluetooth controllers that hear each other, one real bluetoothd, and the story.
# No network interface is up, not even loopback, unless the story does that.
. "${0%/*}/common.sh"
begin /run/dbus

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
end "$code"
