#!/bin/bash
# What is done in the machine whatever is played: sourced by the first script that runs there.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8

# begin DIR...: what programs expect there to be, and what the host said.
begin() {
    mount -t tmpfs tmpfs /run
    mkdir -p /run/lock /run/out /run/phones "$@"
    mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 out /run/out
    hostname festival
    mkfifo /run/never
    # Modules are all there; a search for more takes long, and stalls the controllers' start beyond its time limit.
    echo >/proc/sys/kernel/modprobe
    . /run/out/settings
}

say() {
    read -r up _ </proc/uptime
    echo "[$up] $*"
}

# until_true TIMES COMMAND...: tries it again and again, until it succeeds.
until_true() {
    for ((i = 0; i < $1; i++)); do
        "${@:2}" && return
        read -rt 0.2 <>/run/never
    done
    return 1
}

# end CODE: tells the host how the story ended, and switches the machine off.
end() {
    say "the story ended with $1"
    echo "$1" >/run/out/code
    dmesg >/run/out/dmesg.log
    sync
    # From here on nothing can be started: the host's files are gone.
    echo o >/proc/sysrq-trigger
    while :; do :; done
}
