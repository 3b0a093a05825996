//! What the two ends of a WebRTC link say to each other beside frames: text messages on the same
//! channel, so that frames, which are binary, stay untouched.

/// The longest control text in bytes: the longest word, a space and twenty digits.
const MAX_LEN: usize = 32;

/// One control message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// "Answer with this number."
    Ping(u64),
    /// The answer to a ping.
    Pong(u64),
    /// "So many more bytes of frames may be sent": the app took that much.
    Credit(u32),
    /// "The next messages are parts of one frame of so many bytes."
    Frame(u32),
    /// "Nothing follows; hang up too." Comes after the last frame, so nothing sent is lost.
    Bye,
}

impl Control {
    /// The text to send.
    pub fn encode(self) -> String {
        match self {
            Self::Ping(number) => format!("ping {number}"),
            Self::Pong(number) => format!("pong {number}"),
            Self::Credit(bytes) => format!("credit {bytes}"),
            Self::Frame(bytes) => format!("frame {bytes}"),
            Self::Bye => "bye".to_owned(),
        }
    }

    /// Reads a text; `None` if it is none of ours.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > MAX_LEN {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        match text.split_once(' ') {
            Some(("ping", number)) => number.parse().ok().map(Self::Ping),
            Some(("pong", number)) => number.parse().ok().map(Self::Pong),
            Some(("credit", bytes)) => bytes.parse().ok().map(Self::Credit),
            Some(("frame", bytes)) => bytes.parse().ok().map(Self::Frame),
            None if text == "bye" => Some(Self::Bye),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Control;

    #[test]
    fn control_messages_survive_their_text() {
        for control in [
            Control::Ping(0),
            Control::Pong(u64::MAX),
            Control::Credit(u32::MAX),
            Control::Frame(u32::MAX),
            Control::Bye,
        ] {
            assert_eq!(Control::parse(control.encode().as_bytes()), Some(control));
        }
    }

    #[test]
    fn other_texts_are_nothing() {
        for text in ["", "ping", "ping x", "ping -1", "credit 4294967296", "bye ", "byebye"] {
            assert_eq!(Control::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Control::parse(&[0xff; 8]), None);
        assert_eq!(Control::parse(format!("ping {}", "0".repeat(4096)).as_bytes()), None);
    }
}
