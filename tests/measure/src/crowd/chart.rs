//! The share of deliveries over the time they took, drawn.

use std::fmt::Write as _;

use crowd::Spread;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// Room for the axes' words, left and below, and a little above and to the right.
const LEFT: f64 = 52.0;
const BELOW: f64 = 44.0;
const ABOVE: f64 = 16.0;
const RIGHT: f64 = 24.0;

/// The longest time drawn, in seconds: all messages of the crowd that is compared are watched for so
/// long at least.
const LONGEST: f64 = 900.0;

/// Where the time axis is marked, in seconds, and the words there.
const MARKS: [(f64, &str); 7] = [
    (1.0, "1 s"),
    (3.0, "3 s"),
    (10.0, "10 s"),
    (30.0, "30 s"),
    (60.0, "1 min"),
    (300.0, "5 min"),
    (900.0, "15 min"),
];

/// Told apart in both a light and a dark page, and by those who see few colors.
const COLORS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/// Times are drawn by their logarithm: seconds matter at the beginning, minutes at the end.
fn x(seconds: f64) -> f64 {
    LEFT + (WIDTH - LEFT - RIGHT) * seconds.max(1.0).ln() / LONGEST.ln()
}

fn y(share: f64) -> f64 {
    ABOVE + (HEIGHT - ABOVE - BELOW) * (1.0 - share)
}

/// One curve for each name, as far as every message was watched, in seconds: beyond, the last ones
/// would count as not delivered.
pub(crate) fn svg(curves: &[(String, &Spread, u32)]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Share of deliveries over the time they took</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    axes(&mut svg);
    for (n, ((name, spread, watched), color)) in
        curves.iter().zip(COLORS.iter().cycle()).enumerate()
    {
        let mut points = String::new();
        // 120 steps, each longer than the last by the same factor.
        for step in 0..=120 {
            let seconds = LONGEST.powf(f64::from(step) / 120.0);
            if seconds.floor() > f64::from(*watched) {
                break;
            }
            let share = spread.ratio_within(seconds.floor() as u32);
            put(&mut points, format_args!("{:.1},{:.1} ", x(seconds), y(share)));
        }
        let points = points.trim_end();
        put(
            &mut svg,
            format_args!(
                "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" points=\"{points}\"/>\n"
            ),
        );
        let at = ABOVE + 16.0 + 18.0 * n as f64;
        put(
            &mut svg,
            format_args!("<text x=\"{}\" y=\"{at}\" fill=\"{color}\">{name}</text>\n", LEFT + 12.0),
        );
    }
    svg += "</svg>\n";
    svg
}

fn axes(svg: &mut String) {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BELOW);
    for tenth in (0..=10).step_by(2) {
        let at = y(f64::from(tenth) / 10.0);
        put(
            svg,
            format_args!(
                "<path stroke=\"#dddddd\" d=\"M{LEFT} {at:.1}H{right}\"/>\n\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{} %</text>\n",
                LEFT - 6.0,
                at + 4.0,
                tenth * 10,
            ),
        );
    }
    for (seconds, word) in MARKS {
        let at = x(seconds);
        put(
            svg,
            format_args!(
                "<path stroke=\"#dddddd\" d=\"M{at:.1} {ABOVE}V{bottom}\"/>\n\
                 <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{word}</text>\n",
                bottom + 16.0,
            ),
        );
    }
    put(
        svg,
        format_args!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">after it was written</text>\n",
            (LEFT + right) / 2.0,
            HEIGHT - 8.0,
        ),
    );
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string grows");
}
