use super::{Line, Wish};

#[test]
fn lines_are_read_or_refused_with_a_reason() {
    assert!(matches!(Line::parse(r#"{"cmd":"quit"}"#), Ok(Wish::Quit)));
    assert!(matches!(
        Line::parse(r#"{"cmd":"set_name","name":"Ada"}"#),
        Ok(Wish::Command(engine::Command::SetName { name })) if name == "Ada"
    ));
    for (line, number) in
        [(r#"{"cmd":"scan_camera"}"#, None), (r#"{"cmd":"scan_camera","camera":2}"#, Some(2))]
    {
        let wish = Line::parse(line);
        assert!(matches!(wish, Ok(Wish::ScanCamera(camera)) if camera == number), "{line}");
    }
    let unknown = Line::parse(r#"{"cmd":"dance"}"#).expect_err("no such command");
    assert!(unknown.contains("dance"), "{unknown}");
    for none in ["{", "7", "[]", r#"{"cmd":7}"#] {
        assert!(Line::parse(none).is_err(), "{none}");
    }
    let short = Line::parse(r#"{"cmd":"leave","room":"abc"}"#).expect_err("no such room");
    assert!(short.contains("32 hex digits"), "{short}");
}
