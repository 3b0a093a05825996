//! Tokens by which a device is recognized, and which mean nothing to anyone else.

use std::net::IpAddr;

use crate::{Callee, DialKey};

/// Long enough that a chance hit is never seen: one costs a dial that nobody answers.
pub(super) const TOKEN_LEN: usize = 8;

/// What a device shows instead of a name.
pub(super) type Token = [u8; TOKEN_LEN];

/// Chance that makes every announcement's tokens differ from all others.
pub(super) type Nonce = [u8; 16];

/// How many tokens are shown, whatever there is to show: who looks on learns no more than which
/// of these it is. Nearly everybody is in the first.
pub(super) const COUNTS: [usize; 3] = [16, 32, 64];

/// The most addresses one announcement may name: two of IPv4, the lasting and the temporary ones
/// of IPv6.
pub(super) const MAX_ADDRS: usize = 5;

const CONTEXT: &str = "festival/1 lan token key";

/// Where a device can be dialed. Tokens are made from it, so that nobody who lacks the key can
/// pass them on under another address.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) port: u16,
    /// In order, each once.
    pub(super) addrs: Vec<IpAddr>,
}

impl Spot {
    pub(super) fn new(port: u16, addrs: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut addrs: Vec<_> = addrs.into_iter().collect();
        addrs.sort_unstable();
        addrs.dedup();
        addrs.truncate(MAX_ADDRS);
        Self { port, addrs }
    }
}

/// Who may be recognized: a listener's name under a key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    key: [u8; 32],
    callee: Callee,
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name(..)")
    }
}

impl Name {
    pub(super) fn new(key: &DialKey, callee: &Callee) -> Self {
        Self { key: blake3::derive_key(CONTEXT, key.as_bytes()), callee: *callee }
    }

    /// What this name looks like at this spot, this time.
    pub(super) fn token(&self, nonce: &Nonce, spot: &Spot) -> Token {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(self.callee.as_bytes()).update(nonce).update(&spot.port.to_be_bytes());
        for addr in &spot.addrs {
            match addr {
                IpAddr::V4(ip) => hasher.update(&[4]).update(&ip.octets()),
                IpAddr::V6(ip) => hasher.update(&[6]).update(&ip.octets()),
            };
        }
        let mut token = Token::default();
        hasher.finalize_xof().fill(&mut token);
        token
    }
}

/// The tokens to show for `names`, among others that mean nothing, in an order that says nothing.
pub(super) fn tokens(
    names: &[Name],
    nonce: &Nonce,
    spot: &Spot,
    mut filler: impl FnMut(&mut Token),
) -> Vec<Token> {
    let most = COUNTS.into_iter().max().unwrap_or_default();
    let mut tokens: Vec<_> = names.iter().map(|name| name.token(nonce, spot)).collect();
    // Of too many, others are left out each time: in order, tokens are as good as shuffled.
    tokens.sort_unstable();
    tokens.truncate(most);
    let count = COUNTS.into_iter().find(|count| *count >= tokens.len()).unwrap_or(most);
    tokens.resize_with(count, || {
        let mut token = Token::default();
        filler(&mut token);
        token
    });
    tokens.sort_unstable();
    tokens
}

#[cfg(test)]
mod tests {
    use super::{Name, Nonce, Spot, Token, tokens};
    use crate::{Callee, DialKey};

    const NONCE: Nonce = [7; 16];

    fn name(key: u8, callee: u8) -> Name {
        Name::new(&DialKey::from_bytes([key; 32]), &Callee::from_bytes([callee; 16]))
    }

    fn spot(ip: &str, port: u16) -> Spot {
        Spot::new(port, [ip.parse().expect("an address")])
    }

    fn shown(names: &[Name], nonce: Nonce) -> Vec<Token> {
        let mut fillers = 1_u8..;
        tokens(names, &nonce, &spot("192.0.2.7", 9), |token| {
            *token = [fillers.next().expect("few"); 8];
        })
    }

    #[test]
    fn token_says_who_where_and_when() {
        let here = spot("192.0.2.7", 9);
        let token = name(1, 1).token(&NONCE, &here);

        assert_eq!(name(1, 1).token(&NONCE, &here), token);
        assert_ne!(name(2, 1).token(&NONCE, &here), token, "another key");
        assert_ne!(name(1, 2).token(&NONCE, &here), token, "another device");
        assert_ne!(name(1, 1).token(&[8; 16], &here), token, "another time");
        assert_ne!(name(1, 1).token(&NONCE, &spot("192.0.2.8", 9)), token, "another address");
        assert_ne!(name(1, 1).token(&NONCE, &spot("192.0.2.7", 8)), token, "another port");
    }

    #[test]
    fn number_of_rooms_does_not_show() {
        let names = |count: u8| (0..count).map(|key| name(key, 1)).collect::<Vec<_>>();

        assert_eq!(shown(&names(1), NONCE).len(), 16);
        assert_eq!(shown(&names(16), NONCE).len(), 16);
        assert_eq!(shown(&names(17), NONCE).len(), 32);
        assert_eq!(shown(&names(100), NONCE).len(), 64);
    }

    #[test]
    fn nothing_shown_once_is_shown_again() {
        let names = [name(1, 1), name(2, 1)];
        let filler = |tokens: &[Token]| {
            let is_filler = |t: &&Token| t.iter().all(|byte| *byte == t[0]);
            tokens.iter().filter(is_filler).count()
        };
        let (before, after) = (shown(&names, NONCE), shown(&names, [8; 16]));

        assert_eq!((filler(&before), filler(&after)), (14, 14));
        let kept = before.iter().filter(|t| after.contains(t) && t.iter().any(|b| *b != t[0]));
        assert_eq!(kept.count(), 0);
    }
}
