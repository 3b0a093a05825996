#!/bin/bash
# Everything in the machine: Wi-Fi radios that hear each other, and two places with one each, a D-Bus and a real
# NetworkManager of their own, or wpa_supplicant without one. A third radio is the network that both are in at first,
# which lets nobody in it talk to anybody else, as at a campsite.
. "${0%/*}/common.sh"

# In the place itself: its services.
inside() {
    # Without udev, NetworkManager waits forever for what it says of a card, unless it cannot be there.
    mount -o remount,bind,ro /sys
    ip link set lo up
    dbus-daemon --config-file=/run/places/bus.conf --address="$DBUS_SYSTEM_BUS_ADDRESS" --fork --nopidfile
    if [ "$2" = group-alone ]; then
        [ -e /sys/class/net/wlan0 ] || ip link set "$(basename /sys/class/net/wlan*)" name wlan0
        printf '%s\n' "ctrl_interface=/run/places/$1/control" 'network={' 'ssid="Camp WiFi"' \
            'psk="everybody knows it"' '}' >"/run/places/$1/known.conf"
        wpa_supplicant -u -t -i wlan0 -c "/run/places/$1/known.conf" >"/run/out/$1.wpa_supplicant.log" 2>&1 &
        return
    fi
    for dir in /var/lib/NetworkManager /run/NetworkManager /etc/NetworkManager; do
        mount -t tmpfs tmpfs "$dir"
    done
    wpa_supplicant -u >"/run/out/$1.wpa_supplicant.log" 2>&1 &
    printf '[main]\nplugins=keyfile\nauth-polkit=false\ndhcp=internal\ndns=none\n[connectivity]\nenabled=false\n' \
        >/run/NetworkManager/settings
    NetworkManager -d --config=/run/NetworkManager/settings >"/run/out/$1.NetworkManager.log" 2>&1 &
}

if [ "${1:-}" = inside ]; then
    inside "$2" "$3"
    exit
fi

begin /run/places /run/NetworkManager /etc/NetworkManager

# at PLACE COMMAND...: runs it there, with the place's bus.
at() {
    DBUS_SYSTEM_BUS_ADDRESS="unix:path=/run/places/$1/bus" ip netns exec "$@"
}

is_in() {
    at "$1" wpa_cli -p "/run/places/$1/control" -i wlan0 status | grep -q wpa_state=COMPLETED
}

# enter PLACE NUMBER: has it enter the network that is there, as a person did once.
enter() {
    if [ "$story" = group-alone ]; then
        until_true 300 is_in "$1"
        return
    fi
    until_true 300 at "$1" nmcli -t general >/dev/null 2>&1
    at "$1" nmcli connection add type wifi con-name "Camp WiFi" ssid "Camp WiFi" wifi-sec.key-mgmt wpa-psk \
        wifi-sec.psk "everybody knows it" ipv4.method manual ipv4.addresses "192.168.77.$2/24" ipv6.method ignore
    until_true 5 at "$1" nmcli -w 60 connection up "Camp WiFi"
}

story() {
    mkdir -p /var/lib/NetworkManager
    [ -s /etc/machine-id ] || dbus-uuidgen --ensure=/etc/machine-id
    cat >/run/places/bus.conf <<-E
	<busconfig><type>system</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
	<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
	<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
	E
    ip netns add camp
    iw phy phy2 set netns name camp
    printf '%s\n' interface=wlan2 driver=nl80211 "ssid=Camp WiFi" hw_mode=g channel=1 ap_isolate=1 wpa=2 \
        wpa_key_mgmt=WPA-PSK rsn_pairwise=CCMP "wpa_passphrase=everybody knows it" >/run/places/camp.conf
    ip netns exec camp hostapd /run/places/camp.conf >/run/out/hostapd.log 2>&1 &
    number=0
    for place in ada ben; do
        mkdir -p "/run/places/$place"
        ip netns add "$place"
        iw phy "phy$number" set netns name "$place"
        at "$place" /bin/bash "$0" inside "$place" "$story"
        number=$((number + 1))
    done
    enter ada 1 >/run/out/enter.log 2>&1 &
    enter ben 2 >>/run/out/enter.log 2>&1
    wait %?ada
    say "both are in the network"
    "$guest" "$festival" "$story"
}

story
end $?
