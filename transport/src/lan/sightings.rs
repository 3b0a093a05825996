//! Who has been heard of lately, within bounds that no flood moves.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::{
    message::Announcement,
    names::{Name, Nonce, Spot, Token},
};

/// Announcements remembered: more devices than one Wi-Fi cell serves.
pub(super) const MAX_SIGHTINGS: usize = 256;

/// How long one is remembered at most: until long after the next one came.
const LIFETIME: Duration = Duration::from_secs(1_200);

/// Addresses of one name given at most.
const MAX_FOUND: usize = 8;

#[derive(Debug)]
struct Sighting {
    nonce: Nonce,
    spot: Spot,
    tokens: Vec<Token>,
    heard: Instant,
    until: Instant,
    /// Whether somebody we look for was recognized by it.
    is_known: bool,
}

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Sightings(Vec<Sighting>);

impl Sightings {
    /// Remembers an announcement; whether it is news.
    pub(super) fn hear(&mut self, now: Instant, announcement: Announcement) -> bool {
        let Announcement { nonce, spot, tokens, ttl } = announcement;
        self.0.retain(|sighting| sighting.until > now);
        if ttl == 0 {
            // Anybody can say that somebody left; a dial that fails tells for sure.
            return false;
        }
        let lifetime = LIFETIME.min(Duration::from_secs(ttl.into()));
        let until = now.checked_add(lifetime).unwrap_or(now);
        let same = |s: &&mut Sighting| s.nonce == nonce && s.spot == spot && s.tokens == tokens;
        if let Some(sighting) = self.0.iter_mut().find(same) {
            (sighting.heard, sighting.until) = (now, until);
            return false;
        }
        // A device has one name at a time. But one that was recognized cannot be made to go by
        // repeating its address.
        self.0.retain(|sighting| sighting.is_known || sighting.spot != spot);
        if self.0.len() >= MAX_SIGHTINGS {
            let oldest = self.0.iter().enumerate().min_by_key(|(_, s)| (s.is_known, s.heard));
            if let Some((at, _)) = oldest {
                self.0.swap_remove(at);
            }
        }
        self.0.push(Sighting { nonce, spot, tokens, heard: now, until, is_known: false });
        true
    }

    /// Where whoever answers to `name` was heard of, the latest first.
    pub(super) fn find(&mut self, now: Instant, name: &Name) -> Vec<SocketAddr> {
        let is_it = |sighting: &&mut Sighting| {
            let token = name.token(&sighting.nonce, &sighting.spot);
            sighting.until > now && sighting.tokens.contains(&token)
        };
        let mut found: Vec<_> = self.0.iter_mut().filter(is_it).collect();
        found.sort_by_key(|sighting| std::cmp::Reverse(sighting.heard));
        let mut addrs = Vec::new();
        for sighting in found {
            sighting.is_known = true;
            for ip in &sighting.spot.addrs {
                let addr = SocketAddr::new(*ip, sighting.spot.port);
                if addrs.len() < MAX_FOUND && !addrs.contains(&addr) {
                    addrs.push(addr);
                }
            }
        }
        addrs
    }

    /// Forgets everybody: the network they were on is gone.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr, SocketAddr},
        time::{Duration, Instant},
    };

    use super::{LIFETIME, MAX_SIGHTINGS, Sightings};
    use crate::{
        Callee, DialKey,
        lan::{
            message::Announcement,
            names::{Name, Spot, tokens},
        },
    };

    fn alice() -> Name {
        Name::new(&DialKey::from_bytes([1; 32]), &Callee::from_bytes([1; 16]))
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn spot(n: u32, port: u16) -> Spot {
        Spot::new(port, [IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | n))])
    }

    fn announce(names: &[Name], nonce: u8, spot: &Spot) -> Announcement {
        let (nonce, spot) = ([nonce; 16], spot.clone());
        let tokens = tokens(names, &nonce, &spot, |token| *token = [9; 8]);
        Announcement { nonce, spot, tokens, ttl: 1_200 }
    }

    #[test]
    fn friend_is_found_where_it_was_heard_last_and_a_stranger_is_not() {
        let (mut sightings, now) = (Sightings::default(), Instant::now());
        let later = now + Duration::from_secs(1);
        assert!(sightings.hear(now, announce(&[alice()], 1, &spot(1, 9))));
        assert!(sightings.hear(later, announce(&[alice()], 2, &spot(2, 9))));
        assert!(!sightings.hear(later, announce(&[alice()], 2, &spot(2, 9))), "no news");

        let found = sightings.find(later, &alice());

        assert_eq!(found, [addr("10.0.0.2:9"), addr("10.0.0.1:9")]);
        let stranger = Name::new(&DialKey::from_bytes([2; 32]), &Callee::from_bytes([1; 16]));
        assert!(sightings.find(later, &stranger).is_empty());
    }

    #[test]
    fn tokens_repeated_from_another_address_lead_nowhere() {
        let (mut sightings, now) = (Sightings::default(), Instant::now());
        let stolen = Announcement { spot: spot(66, 9), ..announce(&[alice()], 1, &spot(1, 9)) };
        sightings.hear(now, stolen);
        assert!(sightings.find(now, &alice()).is_empty());
    }

    #[test]
    fn sighting_is_forgotten_in_time_however_long_it_claims_to_last() {
        let (mut sightings, now) = (Sightings::default(), Instant::now());
        let ttl = u32::MAX;
        sightings.hear(now, Announcement { ttl, ..announce(&[alice()], 1, &spot(1, 9)) });
        assert_eq!(sightings.find(now + LIFETIME - Duration::from_secs(1), &alice()).len(), 1);
        assert!(sightings.find(now + LIFETIME, &alice()).is_empty());
    }

    #[test]
    fn flood_neither_grows_the_memory_nor_drives_out_a_friend_once_recognized() {
        let (mut sightings, now) = (Sightings::default(), Instant::now());
        sightings.hear(now, announce(&[alice()], 1, &spot(1, 9)));
        sightings.find(now, &alice());
        for n in 0..10 * MAX_SIGHTINGS as u32 {
            sightings.hear(now + Duration::from_millis(1), announce(&[], 3, &spot(n, 1)));
        }
        sightings.hear(now, announce(&[], 4, &spot(1, 9)));

        assert_eq!(sightings.len(), MAX_SIGHTINGS);
        assert_eq!(sightings.find(now, &alice()), [addr("10.0.0.1:9")]);
    }

    #[test]
    fn device_that_changes_its_name_is_one_device() {
        let (mut sightings, now) = (Sightings::default(), Instant::now());
        for nonce in 0..100 {
            sightings.hear(now, announce(&[], nonce, &spot(1, 9)));
        }
        assert_eq!(sightings.len(), 1);
    }
}
