"""Puts an APK together: pack.py RESOURCES LIBRARY DEX APK.

The library is compressed, and unpacked when the app is installed. What is not compressed lies at a multiple of four bytes, as
Android wants it. Everything has the same age: the same input gives the same bytes.
"""

import struct
import sys
import zipfile

WORD = 4
# Field of padding as Android's own zipalign writes it: its id, its length, what it aligns to, and zeros.
PADDING = 0xD935


def add(apk, name, data, is_stored=False):
    """Adds a file."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
    entry.create_system = 0
    entry.external_attr = 0
    if is_stored:
        gap = -(apk.fp.tell() + 30 + len(name)) % WORD
        if gap:
            gap += 2 * WORD
            entry.extra = struct.pack("<HHH", PADDING, gap - 4, WORD) + bytes(gap - 6)
    apk.writestr(entry, data, compresslevel=9)


def main(resources, library, dex, path):
    """Packs."""
    with zipfile.ZipFile(path, "w") as apk, zipfile.ZipFile(resources) as base:
        for entry in sorted(base.infolist(), key=lambda entry: entry.filename):
            # Newer versions of Android map the table of resources, and so want it uncompressed.
            is_stored = entry.compress_type == zipfile.ZIP_STORED or entry.filename == "resources.arsc"
            add(apk, entry.filename, base.read(entry), is_stored)
        with open(dex, "rb") as file:
            add(apk, "classes.dex", file.read())
        with open(library, "rb") as file:
            add(apk, "lib/arm64-v8a/libfestival_android.so", file.read())


main(*sys.argv[1:])
