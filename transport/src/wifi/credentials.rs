//! What lets a device into a Wi-Fi network, and how that travels.

use std::fmt;

/// The longest name of a network, in bytes; the standard's limit.
pub const MAX_SSID_LEN: usize = 32;

/// The shortest passphrase of WPA.
pub const MIN_PASSPHRASE_LEN: usize = 8;

/// The longest passphrase of WPA.
pub const MAX_PASSPHRASE_LEN: usize = 63;

/// The longest text of a code that is read: every character of the longest credentials escaped, and as much again
/// for fields that do not matter here.
const MAX_TEXT_LEN: usize = 512;

/// The name and the passphrase of a network with WPA2 or WPA3.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    ssid: String,
    passphrase: String,
}

/// Says nothing of the passphrase.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

impl Credentials {
    /// `None` unless the name has 1 to [`MAX_SSID_LEN`] bytes without control characters, and the passphrase
    /// [`MIN_PASSPHRASE_LEN`] to [`MAX_PASSPHRASE_LEN`] printable ASCII characters.
    pub fn new(ssid: impl Into<String>, passphrase: impl Into<String>) -> Option<Self> {
        let (ssid, passphrase) = (ssid.into(), passphrase.into());
        let names = (1..=MAX_SSID_LEN).contains(&ssid.len()) && !ssid.contains(char::is_control);
        let opens = (MIN_PASSPHRASE_LEN..=MAX_PASSPHRASE_LEN).contains(&passphrase.len())
            && passphrase.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        (names && opens).then_some(Self { ssid, passphrase })
    }

    /// Those of a new network: a name that people can tell from others, and a passphrase of 80 random bits.
    #[cfg(feature = "wifi")]
    pub fn random() -> Self {
        use rand_core::{OsRng, RngCore as _};
        // Nobody has to ask whether it is a letter or a digit.
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut chance = [0; 20];
        OsRng.fill_bytes(&mut chance);
        let letter =
            |byte: &u8| LETTERS.get(usize::from(byte & 31)).map_or('a', |byte| char::from(*byte));
        let (name, secret) = chance.split_at(4);
        let name: String = name.iter().map(letter).collect();
        Self {
            ssid: format!("Festival-{}", name.to_ascii_uppercase()),
            passphrase: secret.iter().map(letter).collect(),
        }
    }

    /// What the network is called.
    pub fn ssid(&self) -> &str {
        &self.ssid
    }

    /// What lets in.
    pub fn passphrase(&self) -> &str {
        &self.passphrase
    }

    /// The text of the code that the cameras of phones know: `WIFI:T:WPA;S:...;P:...;;`.
    pub fn to_code(&self) -> String {
        format!("WIFI:T:WPA;S:{};P:{};;", escaped(&self.ssid), escaped(&self.passphrase))
    }

    /// Reads such a text, whoever made it. `None` if it is none, is too long, or is of a network without a
    /// passphrase or with an outdated one (WEP).
    pub fn parse_code(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, fields) = text.split_at_checked(5)?;
        if text.len() > MAX_TEXT_LEN || !scheme.eq_ignore_ascii_case("WIFI:") {
            return None;
        }
        let (mut kind, mut ssid, mut passphrase) = (None, None, None);
        let mut rest = fields;
        while let Some((key, after)) = rest.split_once(':') {
            let (value, after) = unescaped(after);
            match key {
                "T" => kind = Some(value),
                "S" => ssid = Some(value),
                "P" => passphrase = Some(value),
                _ => {}
            }
            rest = after;
        }
        // Without a kind some write networks with a passphrase, too.
        let kind = kind.unwrap_or_else(|| "WPA".to_owned()).to_ascii_uppercase();
        let is_known = matches!(kind.as_str(), "WPA" | "WPA2" | "WPA3" | "SAE");
        is_known.then(|| Self::new(ssid?, passphrase?)).flatten()
    }

    /// As bytes, for an invite or another link: the length of the name, the name, the length of the passphrase, the
    /// passphrase.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [&self.ssid, &self.passphrase] {
            // Both are short, as `new` sees to.
            bytes.push(u8::try_from(part.len()).unwrap_or_default());
            bytes.extend(part.as_bytes());
        }
        bytes
    }

    /// Reads such bytes; `None` if they are not exactly that.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (ssid, rest) = part(bytes)?;
        let (passphrase, rest) = part(rest)?;
        rest.is_empty().then(|| Self::new(ssid, passphrase)).flatten()
    }
}

/// A part behind its length, and what follows.
fn part(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (len, rest) = bytes.split_first()?;
    let (part, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((str::from_utf8(part).ok()?, rest))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | ';' | ',' | ':' | '"') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// The value up to the first `;` that is meant as one, and what follows that.
fn unescaped(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            ';' => return (value, text.get(at.saturating_add(1)..).unwrap_or_default()),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::Credentials;

    fn odd() -> Credentials {
        Credentials::new(r#"Zelt; "A\B": 1,2 ⛺"#, r#"a;b:c,d"e\f"#).expect("allowed")
    }

    #[test]
    fn code_reads_back_as_the_same_network_whatever_its_name_and_passphrase_contain() {
        let plain = Credentials::new("Festival-ABCD", "abcdefgh2345").expect("allowed");

        assert_eq!(plain.to_code(), "WIFI:T:WPA;S:Festival-ABCD;P:abcdefgh2345;;");
        for credentials in [plain, odd()] {
            let code = credentials.to_code();
            assert_eq!(Credentials::parse_code(&code), Some(credentials), "{code}");
        }
    }

    #[test]
    fn codes_of_others_are_read_in_any_order_and_without_what_does_not_matter() {
        let expected = Credentials::new("Camp", "12345678");
        for code in [
            "WIFI:S:Camp;T:WPA2;P:12345678;;",
            "wifi:P:12345678;H:true;S:Camp;;",
            " WIFI:T:SAE;R:3;S:Camp;P:12345678\n",
        ] {
            assert_eq!(Credentials::parse_code(code), expected, "{code}");
        }
    }

    #[test]
    fn what_is_no_network_with_a_passphrase_is_refused() {
        let long = format!("WIFI:S:Camp;P:12345678;X:{};;", "x".repeat(512));
        for code in [
            "",
            "WIFI:",
            "WIFI:T:nopass;S:Camp;;",
            "WIFI:T:WEP;S:Camp;P:12345678;;",
            "WIFI:T:WPA;S:;P:12345678;;",
            "WIFI:T:WPA;S:Camp;P:1234567;;",
            "WIFI:T:WPA;S:Camp;P:pässword;;",
            "https://example.org/WIFI:S:Camp;P:12345678;;",
            &long,
        ] {
            assert_eq!(Credentials::parse_code(code), None, "{code}");
        }
    }

    #[test]
    fn bytes_read_back_and_cut_short_or_with_more_behind_them_are_refused() {
        let bytes = odd().encode();

        assert_eq!(Credentials::decode(&bytes), Some(odd()));
        assert_eq!(Credentials::decode(&[&bytes[..], &[0]].concat()), None);
        for len in 0..bytes.len() {
            assert_eq!(Credentials::decode(&bytes[..len]), None, "{len}");
        }
    }

    #[cfg(feature = "wifi")]
    #[test]
    fn new_networks_differ_and_fit_in_an_address_of_an_invite() {
        let (one, other) = (Credentials::random(), Credentials::random());

        assert_ne!(one, other);
        assert!(one.passphrase().len() >= 12);
        // `MAX_ADDR_LEN` of the engine.
        assert!(one.encode().len() <= 32, "{}", one.encode().len());
        assert_eq!(Credentials::decode(&one.encode()), Some(one));
    }
}
