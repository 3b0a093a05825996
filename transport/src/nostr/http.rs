//! What a relay says of itself in HTTP: its clock and its limits (NIP-11).

use serde_json::Value;

/// The longest answer read, in bytes.
pub(super) const MAX_ANSWER: usize = 64 * 1024;

/// What a relay does not take. A field that is absent, or makes no sense, is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RelayLimits {
    /// The longest message, in bytes.
    pub max_message_length: Option<usize>,
    /// Subscriptions at once.
    pub max_subscriptions: Option<usize>,
    /// The most events one question may ask for.
    pub max_limit: Option<usize>,
    /// The most tags of an event.
    pub max_event_tags: Option<usize>,
    /// The longest content of an event, in characters.
    pub max_content_length: Option<usize>,
    /// Leading zero bits an event's id must have (NIP-13).
    pub min_pow_difficulty: Option<usize>,
    /// Only those who pay may publish.
    pub payment_required: bool,
}

/// An answer to a question for a relay's information document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RelayInfo {
    /// The relay's clock, in seconds since 1970.
    pub date: Option<u64>,
    /// What it does not take.
    pub limits: RelayLimits,
}

impl RelayInfo {
    /// Reads a whole HTTP answer; `None` if it is none.
    pub fn parse(answer: &[u8]) -> Option<Self> {
        let answer = answer.get(..MAX_ANSWER).unwrap_or(answer);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, rest) = answer.split_at_checked(end)?;
        let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
        if !lines.next()?.starts_with("HTTP/1.") {
            return None;
        }
        let mut info = Self::default();
        let mut chunked = false;
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("date") {
                info.date = parse_date(value.trim());
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        let body = rest.get(4..).unwrap_or_default();
        let body = if chunked { &join_chunks(body) } else { body };
        info.limits = parse_limits(body);
        Some(info)
    }
}

fn parse_limits(document: &[u8]) -> RelayLimits {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let Some(limits) = document.get("limitation") else { return RelayLimits::default() };
    let number = |name: &str| {
        let number = limits.get(name)?.as_u64().filter(|number| *number > 0)?;
        usize::try_from(number).ok()
    };
    RelayLimits {
        max_message_length: number("max_message_length"),
        max_subscriptions: number("max_subscriptions"),
        max_limit: number("max_limit"),
        max_event_tags: number("max_event_tags"),
        max_content_length: number("max_content_length"),
        min_pow_difficulty: number("min_pow_difficulty"),
        payment_required: limits.get("payment_required").and_then(Value::as_bool) == Some(true),
    }
}

/// Takes the chunks of a body apart (RFC 9112, section 7.1), as far as they make sense.
fn join_chunks(mut body: &[u8]) -> Vec<u8> {
    let mut joined = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let Some((line, rest)) = body.split_at_checked(end) else { break };
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let len = std::str::from_utf8(digits).ok().map(str::trim);
        let Some(len) = len.and_then(|digits| usize::from_str_radix(digits, 16).ok()) else {
            break;
        };
        let Some(chunk) = rest.get(2..).and_then(|rest| rest.get(..len)) else { break };
        if len == 0 {
            break;
        }
        joined.extend_from_slice(chunk);
        let next = len.saturating_add(4);
        body = rest.get(next..).unwrap_or_default();
    }
    joined
}

/// Seconds since 1970 of a date as HTTP has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
#[expect(clippy::arithmetic_side_effects, reason = "no year has more than four digits")]
pub fn parse_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_weekday, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let day: u64 = parts.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let name = parts.next()?;
    let month = u64::try_from(MONTHS.iter().position(|month| *month == name)?).ok()?;
    let year: u64 = parts.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = parts.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if hour > 23 || minute > 59 || second > 60 || parts.next() != Some("GMT") {
        return None;
    }
    // Days from the civil calendar, with years that begin in March.
    let (year, month) =
        if month < 2 { (year.checked_sub(1)?, month + 10) } else { (year, month - 2) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::{RelayInfo, RelayLimits, parse_date};

    #[test]
    fn dates_of_http_are_read() {
        assert_eq!(parse_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parse_date("Thu, 29 Feb 2024 23:59:59 GMT"), Some(1_709_251_199));
        assert_eq!(parse_date("Thu, 26 Nov 2026 16:18:20 GMT"), Some(1_795_709_900));
        for text in
            ["", "Sun, 06 Nov 1994", "Sun, 00 Nov 1994 08:49:37 GMT", "x, 1 Jan 1969 0:0:0 GMT"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn limits_are_read_from_whole_and_chunked_answers() {
        let document = r#"{"name":"x","limitation":{"max_message_length":16384,
            "max_subscriptions":300,"max_limit":0,"max_event_tags":-1,"max_content_length":99999999999,
            "payment_required":true}}"#;
        let whole =
            format!("HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n{document}");
        let (first, second) = document.split_at(40);
        let chunked = format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x};x=y\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len(),
        );
        let limits = RelayLimits {
            max_message_length: Some(16384),
            max_subscriptions: Some(300),
            max_content_length: Some(99_999_999_999),
            payment_required: true,
            ..RelayLimits::default()
        };

        let date = Some(784_111_777);
        assert_eq!(RelayInfo::parse(whole.as_bytes()), Some(RelayInfo { date, limits }));
        assert_eq!(RelayInfo::parse(chunked.as_bytes()), Some(RelayInfo { date: None, limits }));
    }

    #[test]
    fn answer_without_sense_limits_nothing() {
        for answer in ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0\r\n\r\n"] {
            assert_eq!(RelayInfo::parse(answer.as_bytes()), None, "{answer}");
        }
        for answer in [
            "HTTP/1.1 404 Not Found\r\n\r\n<html>",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
            "HTTP/1.1 200 OK\r\n\r\n[[[[",
        ] {
            assert_eq!(RelayInfo::parse(answer.as_bytes()), Some(RelayInfo::default()), "{answer}");
        }
    }
}
