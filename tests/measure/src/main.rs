//! Figures.

mod qr;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let figures = qr::run(quick);
    let text = match std::env::args().any(|argument| argument == "--json") {
        true => format!("{figures:#}"),
        false => qr::table(&figures),
    };
    let _ = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
}
