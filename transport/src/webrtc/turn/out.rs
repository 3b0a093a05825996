//! Messages on their way to a TURN server.

use turn_client_proto::{
    api::TransmitBuild, prelude::DelayedTransmitBuild, stun::types::TransportType,
};

use crate::turn_stream::padding;

/// Messages for the server: apart for datagrams, in one padded row for a stream.
#[derive(Debug, Default)]
pub(super) struct Out {
    bytes: Vec<u8>,
    /// Where each message ends.
    ends: Vec<usize>,
}

impl Out {
    pub(super) fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, end)| self.bytes.get(start..*end))
    }

    /// Messages of equal length in a row, at most `max`, and that length; the last of a row may be
    /// shorter.
    pub(super) fn batches(&self, max: usize) -> impl Iterator<Item = (&[u8], usize)> {
        let mut messages = self.messages().peekable();
        let mut start = 0_usize;
        std::iter::from_fn(move || {
            let stride = messages.next()?.len();
            let (mut end, mut count) = (start.saturating_add(stride), 1_usize);
            while count < max
                && let Some(next) = messages.next_if(|next| next.len() <= stride)
            {
                end = end.saturating_add(next.len());
                count = count.saturating_add(1);
                if next.len() < stride {
                    break;
                }
            }
            let row = self.bytes.get(start..end)?;
            start = end;
            Some((row, stride))
        })
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Hands over everything, in a row, for a cleared buffer.
    pub(super) fn swap(&mut self, other: &mut Vec<u8>) {
        std::mem::swap(&mut self.bytes, other);
        self.clear();
    }

    pub(super) fn push(&mut self, message: &[u8], transport: TransportType) {
        self.bytes.extend_from_slice(message);
        if transport == TransportType::Tcp {
            self.bytes.extend_from_slice(padding(message));
        }
        self.ends.push(self.bytes.len());
    }

    /// Writes a message straight into the row.
    pub(super) fn build<T: DelayedTransmitBuild + std::fmt::Debug>(
        &mut self,
        message: TransmitBuild<T>,
        transport: TransportType,
    ) {
        let start = self.bytes.len();
        let end = start.saturating_add(message.data.len());
        self.bytes.resize(end, 0);
        if let Some(place) = self.bytes.get_mut(start..end) {
            message.data.write_into(place);
        }
        if transport == TransportType::Tcp {
            let padding = padding(self.bytes.get(start..).unwrap_or_default());
            self.bytes.extend_from_slice(padding);
        }
        self.ends.push(self.bytes.len());
    }
}
