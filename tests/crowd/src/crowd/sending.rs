//! What goes over the links: frames and copies of floods, as far as the air carries them.

use engine::LinkId;

use super::{Crowd, ROUNDS};
use crate::{
    flood::Copy,
    links::Link,
    malice::Malice,
    radio::Air,
    traffic::{is_introduction, is_ops},
};

impl Crowd {
    /// What was sent, as far as the air carries it within a round. Gives the copies of floods that
    /// arrived: of which flood, where, over which link.
    pub(super) fn transmit(&mut self) -> Vec<(usize, usize, u64, Copy)> {
        let (radio, side) = (&self.scenario.radio.part(ROUNDS), self.scenario.side);
        let mut air = Air::new(radio, self.devices.len(), side);
        let mut flood_airs = [(); 2].map(|()| Air::new(radio, self.devices.len(), side));
        let first = self.linking.below(self.links.all.len()) as u64;
        let first = self.links.all.keys().next().map_or(0, |number| number + first);
        let mut copies = Vec::new();
        let (before, after): (Vec<_>, Vec<_>) =
            self.links.all.iter_mut().partition(|(number, _)| **number < first);
        for (number, link) in after.into_iter().chain(before) {
            if !link.is_up() {
                continue;
            }
            let (mut rate, mut flood_rates) = (radio.link_rate, [radio.link_rate; 2]);
            let (mut used, are_strangers) = (0, link.are_strangers);
            for end in [self.now as usize % 2, (self.now as usize + 1) % 2] {
                let (from, to) = (link.ends[end], link.ends[1 - end]);
                let place = self.people[from].place();
                let lane = &mut link.lanes[end];
                for frame in lane.advance(&mut air, &mut rate, (from, to), place, &mut used) {
                    if are_strangers || is_ops(&frame) {
                        link.useful_at = self.now;
                    }
                    let id = Link::id(*number, 1 - end);
                    self.devices[to].receive(id, frame);
                }
                for (n, flood) in self.floods.iter_mut().enumerate() {
                    let (lane, used) = (&mut link.copies[n][end], &mut flood.bytes);
                    let (air, rate) = (&mut flood_airs[n], &mut flood_rates[n]);
                    let heard = lane.advance(air, rate, (from, to), place, used);
                    copies.extend(heard.into_iter().map(|copy| (n, to, *number, copy)));
                }
            }
            self.bytes += used;
            if are_strangers {
                self.couriers.bytes += used;
            }
        }
        copies
    }

    /// A device hears a copy of the flood, and sends it on to all but where it came from.
    pub(super) fn spread_copy(
        &mut self,
        flood: usize,
        device: usize,
        from: Option<u64>,
        copy: Copy,
    ) {
        let Some(next) = self.floods[flood].hear(device, copy, self.now) else { return };
        let author = self.audience.messages[copy.message as usize].0;
        let is_hoarder = self.devices[device].malice.is_some() && device != author;
        for number in self.links.of(device).to_vec() {
            let Some(link) = self.links.all.get_mut(&number) else { continue };
            if Some(number) == from || is_hoarder || !link.is_up() {
                continue;
            }
            let end = usize::from(link.ends[1] == device);
            link.copies[flood][end].push(next, self.floods[flood].len_of(copy.message));
        }
    }

    /// Puts a frame on its link, and counts what it is for.
    pub(super) fn send(&mut self, id: LinkId, frame: Vec<u8>, malice: Option<Malice>) {
        let (number, end) = Link::of(id);
        let Some(link) = self.links.all.get_mut(&number) else { return };
        link.sent[end] += 1;
        if end == 0 && link.sent[end] == 1 && is_introduction(&frame) {
            link.handshake[end] = 2;
        }
        if link.are_strangers {
            self.traffic.count_stranger(frame.len());
        } else if link.sent[end] <= link.handshake[end] {
            self.traffic.count_handshake(frame.len());
        } else if malice.is_none_or(|malice| malice.lets_out(&frame)) {
            self.traffic.count_packet(&frame);
        } else {
            return;
        }
        let len = frame.len();
        link.lanes[end].push(frame, len);
    }
}
