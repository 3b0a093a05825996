#!/bin/sh
# Puts a kernel with Bluetooth, Wi-Fi, cameras and USB through a socket, and a small first file system into DIR:
# `sh prepare.sh DIR`. The kernel is the distribution's own newest one, only unpacked; the machine's own kernel need
# have none of it.
set -eu

dir=$1
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
recipe=$(cat "$here/prepare.sh" "$here/init" | cksum | tr ' ' -)
if [ -e "$dir/ready" ] && [ "$(cat "$dir/ready")" = "$recipe" ]; then
    exit 0
fi
mkdir -p "$dir"
work=$(mktemp -d "$dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

machine=$(dpkg --print-architecture)
package=$(apt-cache depends "linux-image-$machine" | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
apt-get download -q "$package" >/dev/null 2>&1
dpkg -x ./*.deb kernel
version=$(ls kernel/lib/modules)
depmod -b "$work/kernel" "$version"

mkdir -p root/bin root/proc root/sys root/dev root/modules
cp /bin/busybox root/bin/busybox
for module in virtio_pci 9pnet_virtio 9p overlay virtio_rng drbg hmac sha256_generic sha512_generic hci_vhci \
    algif_hash algif_skcipher cmac ecb cbc ccm ecdh_generic uhid vhci_hcd uvcvideo veth mac80211_hwsim ctr gcm \
    nf_tables nft_chain_nat nft_masq nft_ct nft_reject_ipv4; do
    modprobe -d "$work/kernel" -S "$version" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" root/modules/
    basename "$file" >>root/modules/order
done
cp "$here/init" root/init
chmod +x root/init
(cd root && find . | cpio -o -H newc --quiet | gzip -1) >"$dir/initrd"
cp kernel/boot/vmlinuz-* "$dir/kernel"
printf '%s\n' "$recipe" >"$dir/ready"
