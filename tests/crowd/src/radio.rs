//! What radios can do, and how bytes share the air.

use std::collections::VecDeque;

use crate::person::Place;

/// What each frame costs on the air beside its own bytes: the header and length of an L2CAP
/// channel.
pub(crate) const FRAME_HEADER: usize = 6;

/// Air is shared within cells of this many meters.
const CELL: f64 = 30.0;

/// The radio of every device.
#[derive(Debug, Clone)]
pub struct Radio {
    /// How far it reaches, in meters.
    pub range: f64,
    /// The most links a device has at a time; it dials no further once one is left for callers.
    pub max_links: usize,
    /// Of so many neighbors in range that a device has not met for longest, it dials the farthest:
    /// a message then makes fewer hops.
    pub choices: usize,
    /// How long it takes to find, connect and prove, in seconds: at least, at most.
    pub set_up: (f64, f64),
    /// What a link carries, both ways together, in bytes a second.
    pub link_rate: usize,
    /// What a device sends and receives on all its links, in bytes a second.
    pub device_rate: usize,
    /// What all devices within a cell of 30 m send, in bytes a second.
    pub cell_rate: usize,
    /// After how many seconds without operations a link makes room for another neighbor. Long enough
    /// that few links are set up for nothing: `transport/docs/transports.md` has the figures.
    pub idle: u32,
    /// For how many seconds a stranger who was met is not dialed again: both carry much the same
    /// then, and nothing either says in clear may tell.
    pub stranger_pause: u32,
}

impl Radio {
    /// What it can do in one of `parts` equal parts of a second.
    pub(crate) fn part(&self, parts: usize) -> Self {
        Self {
            link_rate: self.link_rate / parts,
            device_rate: self.device_rate / parts,
            cell_rate: self.cell_rate / parts,
            ..self.clone()
        }
    }
}

impl Default for Radio {
    /// Bluetooth Low Energy between phones, outdoors, in hands.
    fn default() -> Self {
        Self {
            range: 30.0,
            max_links: 4,
            choices: 1,
            set_up: (3.0, 5.0),
            link_rate: 40_000,
            device_rate: 60_000,
            cell_rate: 400_000,
            idle: 30,
            stranger_pause: 300,
        }
    }
}

/// What may still be sent in this second.
#[derive(Debug)]
pub(crate) struct Air {
    devices: Vec<usize>,
    cells: Vec<usize>,
    columns: usize,
}

impl Air {
    /// The air over a square of `side` meters, for as long as `radio` takes for what it says of a
    /// second.
    pub(crate) fn new(radio: &Radio, devices: usize, side: f64) -> Self {
        let columns = (side / CELL) as usize + 1;
        Self {
            devices: vec![radio.device_rate; devices],
            cells: vec![radio.cell_rate; columns * columns],
            columns,
        }
    }

    /// Takes as much of `wanted` bytes as there is for a sender at a place and a receiver.
    fn take(&mut self, wanted: usize, (from, to): (usize, usize), place: Place) -> usize {
        let cell = (place.y / CELL) as usize * self.columns + (place.x / CELL) as usize;
        let taken = wanted.min(self.devices[from]).min(self.devices[to]).min(self.cells[cell]);
        self.devices[from] -= taken;
        self.devices[to] -= taken;
        self.cells[cell] -= taken;
        taken
    }
}

/// One direction of a link: what waits to be sent, in order.
#[derive(Debug)]
pub(crate) struct Lane<T> {
    waiting: VecDeque<(T, usize)>,
    /// How much of the first is sent.
    sent: usize,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), sent: 0 }
    }
}

impl<T> Lane<T> {
    /// Something of `len` bytes is to be sent.
    pub(crate) fn push(&mut self, what: T, len: usize) {
        self.waiting.push_back((what, len + FRAME_HEADER));
    }

    /// Sends what the air and `rate` allow; gives what has arrived whole. Counts bytes in `used`.
    pub(crate) fn advance(
        &mut self,
        air: &mut Air,
        rate: &mut usize,
        ends: (usize, usize),
        place: Place,
        used: &mut u64,
    ) -> Vec<T> {
        let mut arrived = Vec::new();
        while let Some((_, len)) = self.waiting.front() {
            let taken = air.take((len - self.sent).min(*rate), ends, place);
            *rate -= taken;
            *used += taken as u64;
            self.sent += taken;
            if self.sent < *len {
                break;
            }
            self.sent = 0;
            arrived.extend(self.waiting.pop_front().map(|(what, _)| what));
        }
        arrived
    }
}

#[cfg(test)]
mod tests {
    use super::{Air, FRAME_HEADER, Lane, Radio};
    use crate::person::Place;

    const HERE: Place = Place { x: 1.0, y: 1.0 };

    /// What arrives second by second of frames of these lengths, each named by its number.
    fn seconds(radio: &Radio, lens: &[usize], count: usize) -> Vec<Vec<usize>> {
        let mut lane = Lane::default();
        for (n, len) in lens.iter().enumerate() {
            lane.push(n, *len);
        }
        let second = |_| {
            let (mut rate, mut used) = (radio.link_rate, 0);
            lane.advance(&mut Air::new(radio, 2, 50.0), &mut rate, (0, 1), HERE, &mut used)
        };
        (0..count).map(second).collect()
    }

    #[test]
    fn frame_that_takes_longer_than_a_second_arrives_once_all_of_it_was_sent() {
        let radio = Radio { link_rate: 1_000, ..Radio::default() };

        let arrived = seconds(&radio, &[100, 2_500, 100], 4);

        assert_eq!(arrived, [vec![0], vec![], vec![1, 2], vec![]]);
    }

    #[test]
    fn devices_and_cells_carry_no_more_than_they_can_however_fast_the_link() {
        let slow_device = Radio { device_rate: 500, ..Radio::default() };
        let slow_air = Radio { cell_rate: 500, ..Radio::default() };
        let len = 500 - FRAME_HEADER;

        for radio in [slow_device, slow_air] {
            assert_eq!(seconds(&radio, &[len, len], 2), [[0], [1]]);
        }
    }
}
