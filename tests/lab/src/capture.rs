//! Packets in a file that tcpdump and Wireshark read.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Packets begin with their IP header.
const LINKTYPE_RAW: u32 = 101;

/// A file being written.
#[derive(Debug)]
pub(crate) struct Capture(File);

impl Capture {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        let mut header = Vec::new();
        // The magic number, version 2.4, no time zone, whole packets.
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_536, LINKTYPE_RAW] {
            header.extend(u32::to_le_bytes(word));
        }
        file.write_all(&header)?;
        Ok(Self(file))
    }

    pub(crate) fn write(&mut self, packet: &[u8]) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let len = u32::try_from(packet.len()).unwrap_or(u32::MAX);
        let seconds = u32::try_from(now.as_secs()).unwrap_or(u32::MAX);
        let mut record = Vec::with_capacity(packet.len().saturating_add(16));
        for word in [seconds, now.subsec_micros(), len, len] {
            record.extend(word.to_le_bytes());
        }
        record.extend(packet);
        // A full disk spoils the capture, not the lab.
        let _ = self.0.write_all(&record);
    }
}
