//! What members are called on the screens: names that look alike are told apart by their keys.

use std::collections::{BTreeMap, BTreeSet};

use engine::PeerId;
use unicode_normalization::UnicodeNormalization as _;

use super::VERIFIED;

/// Stands between a name and the start of a key.
const MARK: &str = " \u{b7} ";
/// Dots that look like the one in [`MARK`], and it.
const DOTS: [char; 7] =
    ['\u{b7}', '\u{2022}', '\u{2027}', '\u{2219}', '\u{22c5}', '\u{30fb}', '\u{ff65}'];
/// Characters of a key beside a name, and by how many more it grows until no other has the same.
const TAG_STEP: usize = 4;

/// The names of a room's members, as they are to be shown.
#[derive(Debug, Default)]
pub struct Names {
    shown: BTreeMap<PeerId, Shown>,
    /// Who has a name that looks like this.
    alike: BTreeMap<String, Group>,
}

/// Those whose names look alike.
#[derive(Debug, Default)]
struct Group {
    peers: BTreeSet<PeerId>,
    /// Those of them of whom the person has made sure who they are: if it is one, the name is theirs.
    verified: BTreeSet<PeerId>,
    /// Characters of a key that tell each of them from all others.
    len: usize,
}

#[derive(Debug)]
struct Shown {
    /// What they call themselves, without what cannot be seen.
    plain: String,
    /// What that looks like.
    looks: String,
    /// The plain name with its tag, if it needs one.
    whole: String,
    /// How much of it, at its end, must not be cut off.
    tag_len: usize,
    is_verified: bool,
}

impl Names {
    /// Somebody calls themselves this from now on.
    pub fn set(&mut self, peer: PeerId, name: &str) {
        let plain = plain(name);
        let before = self.shown.get(&peer);
        if before.is_some_and(|before| before.plain == plain) {
            return;
        }
        let is_verified = before.is_some_and(|before| before.is_verified);
        let looks = looks(&plain);
        let whole = plain.clone();
        let shown = Shown { plain, looks: looks.clone(), whole, tag_len: 0, is_verified };
        if let Some(before) = self.shown.insert(peer, shown) {
            self.part(peer, &before.looks);
        }
        self.join(peer, looks);
    }

    /// Somebody has no name of their own any more.
    pub fn remove(&mut self, peer: PeerId) {
        if let Some(before) = self.shown.remove(&peer) {
            self.part(peer, &before.looks);
        }
    }

    /// The person has made sure who somebody is, or is not sure any more. Of several whose names look
    /// alike, the only one who is verified has the plain name.
    pub fn set_verified(&mut self, peer: PeerId, is_verified: bool) {
        let Some(shown) = self.shown.get_mut(&peer) else { return };
        if std::mem::replace(&mut shown.is_verified, is_verified) == is_verified {
            return;
        }
        let looks = shown.looks.clone();
        if let Some(group) = self.alike.get_mut(&looks) {
            let _ = if is_verified {
                group.verified.insert(peer)
            } else {
                group.verified.remove(&peer)
            };
            let len = (group.peers.len() > 1).then_some(group.len);
            self.tag_it(peer, len);
        }
        self.tag_verified(&looks);
    }

    /// Whether the person made sure who somebody is.
    pub fn is_verified(&self, peer: PeerId) -> bool {
        self.shown.get(&peer).is_some_and(|shown| shown.is_verified)
    }

    /// Tags those who are verified anew, after one more or less of them looks like this.
    fn tag_verified(&mut self, looks: &str) {
        let Some(group) = self.alike.get(looks) else { return };
        let len = (group.peers.len() > 1).then_some(group.len);
        for peer in group.verified.clone() {
            self.tag_it(peer, len);
        }
    }

    /// Somebody has a name that looks like this no longer.
    fn part(&mut self, peer: PeerId, looks: &str) {
        let Some(group) = self.alike.get_mut(looks) else { return };
        group.peers.remove(&peer);
        group.verified.remove(&peer);
        match (group.peers.len(), group.peers.first().copied()) {
            (1, Some(last)) => self.tag_it(last, None),
            (0, _) => _ = self.alike.remove(looks),
            _ => {}
        }
        self.tag_verified(looks);
    }

    /// Somebody has a name that looks like this. Only those get new tags who need them: in a room of
    /// thousands that a flood of one name comes into, all but the newest have theirs.
    fn join(&mut self, peer: PeerId, looks: String) {
        let is_verified = self.is_verified(peer);
        let group = self.alike.entry(looks.clone()).or_default();
        let before = group.len;
        group.len = before.max(TAG_STEP);
        // Keys are in order: whose begins like this one is next to it.
        let below = group.peers.range(..peer).next_back();
        let above = group.peers.range(peer..).next();
        let key = peer.to_string();
        for neighbor in below.into_iter().chain(above).map(PeerId::to_string) {
            while group.len < key.len() && key.get(..group.len) == neighbor.get(..group.len) {
                group.len += TAG_STEP;
            }
        }
        group.peers.insert(peer);
        if is_verified {
            group.verified.insert(peer);
        }
        let len = group.len;
        let all = group.peers.len() == 2 || len > before;
        let meant = if all { group.peers.iter().copied().collect() } else { vec![peer] };
        let len = (group.peers.len() > 1).then_some(len);
        for peer in meant {
            self.tag_it(peer, len);
        }
        self.tag_verified(&looks);
    }

    /// Puts so many characters of somebody's key beside their name, or none.
    fn tag_it(&mut self, peer: PeerId, len: Option<usize>) {
        let Some(shown) = self.shown.get_mut(&peer) else { return };
        let verified = self.alike.get(&shown.looks).map(|group| &group.verified);
        let has_name = verified.is_some_and(|all| all.len() == 1 && all.contains(&peer));
        let len = len.filter(|_| !has_name);
        // Whoever writes a tag into their name gets a real one behind it.
        let len = len.or(has_mark(&shown.plain).then_some(TAG_STEP));
        let key = peer.to_string();
        let tag =
            len.map_or_else(String::new, |len| format!("{MARK}{}", key.get(..len).unwrap_or(&key)));
        shown.tag_len = tag.len();
        shown.whole = format!("{}{tag}", shown.plain);
    }

    /// What somebody is to be called, if they are known.
    pub fn of(&self, peer: PeerId) -> Option<&str> {
        self.shown.get(&peer).map(|shown| shown.whole.as_str())
    }

    /// The part of it, at its end, that tells them from others whose names look alike.
    pub fn tag(&self, peer: PeerId) -> &str {
        let shown = self.shown.get(&peer);
        let tag = |shown: &Shown| shown.whole.len().saturating_sub(shown.tag_len);
        shown.and_then(|shown| shown.whole.get(tag(shown)..)).unwrap_or_default()
    }
}

/// A name without what cannot be seen, which could push a tag out of sight or turn it around, and
/// without signs that look like the one of those who are verified.
pub(crate) fn plain(name: &str) -> String {
    let seen: String = name
        .chars()
        .filter(|c| !is_invisible(*c) && !is_check(*c))
        .map(|c| if is_blank(c) { ' ' } else { c })
        .collect();
    seen.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Ticks, in whatever form.
fn is_check(c: char) -> bool {
    matches!(
        c,
        '\u{221a}'
            | VERIFIED
            | '\u{2611}'
            | '\u{2705}'
            | '\u{2713}'
            | '\u{2714}'
            | '\u{1f5f8}'
            | '\u{1f5f9}'
    )
}

/// Where in a name something begins that looks like a tag.
fn mark_in(name: &str) -> Option<usize> {
    name.match_indices(' ').map(|(at, _)| at).find(|at| {
        let rest = name.get(at + 1..).unwrap_or_default();
        rest.starts_with(DOTS)
    })
}

fn has_mark(name: &str) -> bool {
    mark_in(name).is_some()
}

/// The same for all names that a hasty eye takes for one another: forms, case, blanks, accents and
/// letters of other scripts that look like Latin ones make no difference. A tag too many does no
/// harm; one too few does.
fn looks(name: &str) -> String {
    let name = mark_in(name).and_then(|at| name.get(..at)).unwrap_or(name);
    let folded: String = name
        .nfkd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .flat_map(char::to_lowercase)
        .filter(|c| !is_blank(*c) && !is_invisible(*c) && !is_stroke(*c))
        .map(latin)
        .collect();
    let folded = folded.replace("rn", "m").replace("vv", "w");
    // Names of strokes alone are compared as they are.
    if folded.is_empty() { name.to_owned() } else { folded }
}

/// Characters that take room and show nothing.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// Characters that take no room, or turn around what follows. The joiners stay where a script needs
/// them: between others they show nothing, and [`looks`] does not see them.
fn is_invisible(c: char) -> bool {
    c.is_control() && !c.is_whitespace()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Marks between or after letters that are easily not seen; joiners and forms of signs among them.
fn is_stroke(c: char) -> bool {
    c.is_ascii_punctuation() && c != '|'
        || matches!(
            c,
            '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{2010}'..='\u{2015}'
                | '\u{2018}'..='\u{201f}' | '\u{2032}' | '\u{2bc}' | '\u{b4}'
        )
        || DOTS.contains(&c)
}

/// The Latin letter that a small letter or digit looks like: what is most alike in the list of
/// confusables of Unicode (UTS 39).
fn latin(c: char) -> char {
    match c {
        '\u{430}' | '\u{3b1}' | '\u{251}' => 'a',
        '\u{432}' | '\u{3b2}' | '\u{df}' | '\u{432a}' => 'b',
        '\u{441}' | '\u{3f2}' | '\u{1d04}' => 'c',
        '\u{501}' => 'd',
        '\u{435}' | '\u{454}' | '\u{3b5}' | '\u{4bd}' => 'e',
        '\u{261}' | '\u{581}' => 'g',
        '\u{43d}' | '\u{4bb}' | '\u{570}' | '\u{3b7}' => 'h',
        // Whether it is a small L or a large I nobody sees.
        'i' | '1' | '|' | '\u{131}' | '\u{269}' | '\u{456}' | '\u{3b9}' | '\u{4cf}' | '\u{4c0}'
        | '\u{1c0}' | '\u{5d5}' | '\u{627}' => 'l',
        '\u{458}' | '\u{3f3}' => 'j',
        '\u{43a}' | '\u{3ba}' | '\u{138}' => 'k',
        '\u{43c}' | '\u{3bc}' => 'm',
        '\u{3bd}' | '\u{475}' | '\u{1d20}' => 'v',
        '\u{578}' | '\u{57c}' => 'n',
        '0' | '\u{43e}' | '\u{3bf}' | '\u{3c3}' | '\u{585}' | '\u{5e1}' | '\u{f8}' => 'o',
        '\u{440}' | '\u{3c1}' | '\u{fe}' => 'p',
        '\u{51b}' => 'q',
        '\u{433}' => 'r',
        '5' | '\u{455}' => 's',
        '\u{442}' | '\u{3c4}' => 't',
        '\u{3c5}' | '\u{57d}' | '\u{28b}' => 'u',
        '\u{51d}' | '\u{461}' | '\u{3c9}' => 'w',
        '\u{445}' | '\u{3c7}' => 'x',
        '\u{443}' | '\u{4af}' | '\u{3b3}' => 'y',
        '\u{3b6}' => 'z',
        _ => c,
    }
}

#[cfg(test)]
mod tests;
