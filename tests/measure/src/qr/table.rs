//! The figures for people.

use std::fmt::Write as _;

use serde_json::Value;

/// What stands below the heads.
const COLUMNS: [&str; 4] = ["success_percent", "photo_percent", "rqrr_percent", "rxing_percent"];

/// A table of all conditions and the totals, as Markdown.
pub(crate) fn table(figures: &Value) -> String {
    let mut text = String::from(
        "| % read | frame | photo | rqrr alone | rxing alone |\n|---|---:|---:|---:|---:|\n",
    );
    let conditions = figures["conditions"].as_array().map_or(&[][..], Vec::as_slice);
    for condition in conditions {
        let star = if condition["must"] == true { " *" } else { "" };
        let name = condition["name"].as_str().unwrap_or("");
        line(&mut text, &format!("{name}{star}"), condition, 0);
    }
    line(&mut text, "all", figures, 1);
    let figure = |key: &str| figures[key].as_f64().unwrap_or(0.0);
    let _ = writeln!(
        text,
        "\n{} pictures; {:.1} % of those marked * in one frame; {} wrong texts.\nms a frame of 1280 x 720, p50 / p95: \
         {:.1} / {:.1}; a photo {:.1} / {:.1}; rqrr alone {:.1}, rxing alone {:.1} (p50).\nLarge photos (12 megapixels): {:.1} % read as photos, rqrr \
         alone {:.1}, rxing alone {:.1}; ms p50 / p95 {:.0} / {:.0}.",
        figure("pictures"),
        figure("must_percent"),
        figure("wrong_texts"),
        figure("ms_p50"),
        figure("ms_p95"),
        figure("photo_ms_p50"),
        figure("photo_ms_p95"),
        figure("rqrr_ms_p50"),
        figure("rxing_ms_p50"),
        figure("large_percent"),
        figure("large_rqrr_percent"),
        figure("large_rxing_percent"),
        figure("large_ms_p50"),
        figure("large_ms_p95"),
    );
    text
}

fn line(text: &mut String, name: &str, row: &Value, digits: usize) {
    let _ = write!(text, "| {name} |");
    for key in COLUMNS {
        let _ = write!(text, " {:.digits$} |", row[key].as_f64().unwrap_or(0.0));
    }
    text.push('\n');
}
