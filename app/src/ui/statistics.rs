//! How well connecting has gone: counted on this device, for its person alone.

use std::{fmt::Write as _, time::Duration};

use egui::{Color32, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use transport::{LinkPath, TransportKind, nat::NatKind};

use super::{
    action::Action,
    clock::{self, Clock},
    diagnostics::kind,
    layout,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XS, Type, palette},
    widgets::{
        button::{self, Weight},
        card::card,
        icon::Icon,
        meter::meter,
        text,
    },
};
use crate::backend::{SuccessStats, Tally, nat_words};

/// What the statistics show.
#[derive(Debug)]
pub struct StatisticsView<'a> {
    /// What was counted.
    pub stats: &'a SuccessStats,
    /// The present.
    pub clock: &'a Clock,
    /// Whether the person may be about to forget them.
    pub is_forgetting: bool,
}

/// What the person decided about forgetting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgetting {
    /// They may be about to.
    Asked,
    /// It is decided.
    Over,
}

/// Attempts that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    /// What they have in common.
    name: String,
    /// How many there were.
    attempts: u64,
    /// How many of them led to a link.
    connected: u64,
    /// How long the middle one of those took.
    median: Option<Duration>,
}

/// Shows the statistics; returns what was decided about forgetting, if anything.
pub fn statistics_ui(
    ui: &mut Ui,
    view: &StatisticsView<'_>,
    actions: &mut Vec<Action>,
) -> Option<Forgetting> {
    layout::titled_bar(ui, true, "Statistics", actions);
    let mut decided = None;
    layout::column(ui, "statistics", |ui| {
        let Some(since) = view.stats.since.filter(|_| !view.stats.tallies.is_empty()) else {
            text::hint(
                ui,
                "Nothing was counted yet. Whenever this device tries to reach another one, what \
                 came of it is counted here: never with whom, and nowhere else.",
            );
            return;
        };
        let all = total(&view.stats.tallies);
        card(ui, |ui| {
            text::display(ui, &percent(&all));
            let day = view.clock.day_name(since);
            text::hint(ui, &format!("{} connected, since {}", of(&all), lower(&day)));
        });
        ui.add_space(SPACE_L);
        groups_ui(ui, "By way", &by_path(view.stats), true);
        groups_ui(ui, "By what is between", &by_nat(view.stats), false);
        causes_ui(ui, &causes(view.stats));
        text::small(ui, "Counted on this device only, without names and addresses.");
        ui.add_space(SPACE_M);
        if button::wide(ui, Weight::Primary, Some(Icon::Copy), "Copy as text").clicked() {
            let text = report(view.stats, view.clock);
            actions.push(Action::Copy { text, note: "Statistics copied." });
        }
        decided = forget_ui(ui, view.is_forgetting, actions);
    });
    decided
}

fn forget_ui(ui: &mut Ui, is_asked: bool, actions: &mut Vec<Action>) -> Option<Forgetting> {
    if !is_asked {
        let forget = button::wide(ui, Weight::Danger, Some(Icon::Again), "Count anew");
        return forget.clicked().then_some(Forgetting::Asked);
    }
    ui.add_space(SPACE_L);
    text::body(ui, "Forget what was counted so far?");
    let mut decided = None;
    if button::wide(ui, Weight::Danger, Some(Icon::Again), "Forget and count anew").clicked() {
        actions.push(Action::ForgetStats);
        decided = Some(Forgetting::Over);
    }
    if button::wide(ui, Weight::Plain, None, "Keep counting").clicked() {
        decided = Some(Forgetting::Over);
    }
    decided
}

fn groups_ui(ui: &mut Ui, title: &str, groups: &[Group], has_median: bool) {
    text::title(ui, title);
    ui.add_space(SPACE_XS);
    card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = SPACE_S;
        for group in groups {
            let median = group.median.filter(|_| has_median);
            let took = median
                .map_or_else(String::new, |took| format!(", half within {}", clock::span(took)));
            let said = format!("{}{took}", of(group));
            bar_ui(ui, &group.name, &percent(group), &said, share(group), palette(ui).connected);
        }
    });
    ui.add_space(SPACE_L);
}

fn causes_ui(ui: &mut Ui, causes: &[(String, u64)]) {
    let most = causes.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if most == 0 {
        return;
    }
    text::title(ui, "Why it did not work");
    ui.add_space(SPACE_XS);
    card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = SPACE_S;
        for (cause, count) in causes {
            let share = *count as f32 / most as f32;
            bar_ui(ui, cause, &count.to_string(), "", share, palette(ui).danger);
        }
    });
    ui.add_space(SPACE_L);
}

/// A name, a figure at the right of it, a bar beneath, and a remark. Read aloud as one.
fn bar_ui(ui: &mut Ui, name: &str, figure: &str, said: &str, share: f32, color: Color32) {
    let colors = palette(ui);
    let width = ui.available_width();
    let figure_words = text::line(ui, figure, Type::Body, colors.text, width / 2.0);
    let name_width = width - figure_words.size().x - SPACE_M;
    let name_words = text::layout(ui, name, Type::Body, colors.text, name_width);
    let size = vec2(width, name_words.size().y.max(figure_words.size().y));
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = SPACE_XS;
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let label = [name, figure, said].into_iter().filter(|words| !words.is_empty());
        let label = label.collect::<Vec<_>>().join(", ");
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
        let figure_at = pos2(rect.right() - figure_words.size().x, rect.top());
        ui.painter().galley(rect.min, name_words, colors.text);
        ui.painter().galley(figure_at, figure_words, colors.text);
        meter(ui, share, color);
        if !said.is_empty() {
            let words = text::layout(ui, said, Type::Small, colors.muted, width);
            let (at, _) = ui.allocate_exact_size(vec2(width, words.size().y), Sense::hover());
            ui.painter().galley(Rect::from_min_size(at.min, at.size()).min, words, colors.muted);
        }
    });
}

fn total(tallies: &[Tally]) -> Group {
    group("All", tallies.iter())
}

fn group<'a>(name: &str, tallies: impl Iterator<Item = &'a Tally>) -> Group {
    let mut group = Group { name: name.to_owned(), attempts: 0, connected: 0, median: None };
    let mut largest = 0;
    for tally in tallies {
        group.attempts = group.attempts.saturating_add(tally.count);
        if tally.cause.is_none() {
            group.connected = group.connected.saturating_add(tally.count);
            // Of several sorts, that of the most attempts speaks for all.
            if tally.count > largest && tally.median.is_some() {
                largest = tally.count;
                group.median = tally.median;
            }
        }
    }
    group
}

/// Way by way, for those that were tried.
fn by_path(stats: &SuccessStats) -> Vec<Group> {
    let mut groups = Vec::new();
    for transport in [TransportKind::Memory, TransportKind::WebRtc] {
        for (path, way) in [(LinkPath::Direct, "direct"), (LinkPath::Relayed, "through relay")] {
            let tallies = stats.tallies.iter();
            let of_way = tallies.filter(|tally| tally.kind == transport && tally.path == path);
            groups.push(group(&format!("{}, {way}", kind(transport)), of_way));
        }
    }
    groups.retain(|group| group.attempts > 0);
    groups
}

/// By what stood between, for what was met.
fn by_nat(stats: &SuccessStats) -> Vec<Group> {
    let kinds = [
        NatKind::Open,
        NatKind::EndpointIndependent,
        NatKind::Symmetric,
        NatKind::Blocked,
        NatKind::Unknown,
    ];
    let of_kind = |nat: NatKind| {
        let tallies = stats.tallies.iter().filter(|tally| tally.nat == nat);
        group(&crate::model::capital(nat_words(nat)), tallies)
    };
    let mut groups: Vec<Group> = kinds.into_iter().map(of_kind).collect();
    groups.retain(|group| group.attempts > 0);
    groups
}

/// What went wrong, most frequent first.
fn causes(stats: &SuccessStats) -> Vec<(String, u64)> {
    let mut causes: Vec<(String, u64)> = Vec::new();
    for tally in &stats.tallies {
        let Some(cause) = &tally.cause else { continue };
        let cause = crate::model::capital(cause);
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count = count.saturating_add(tally.count),
            None => causes.push((cause, tally.count)),
        }
    }
    causes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    causes
}

fn share(group: &Group) -> f32 {
    if group.attempts == 0 { 0.0 } else { group.connected as f32 / group.attempts as f32 }
}

/// Rounded down, so that 100 % means every single one.
fn percent(group: &Group) -> String {
    let share = group.connected.saturating_mul(100).checked_div(group.attempts).unwrap_or(0);
    format!("{share} %")
}

fn of(group: &Group) -> String {
    let attempts = if group.attempts == 1 { "attempt" } else { "attempts" };
    format!("{} of {} {attempts}", group.connected, group.attempts)
}

fn lower(day: &str) -> String {
    match day {
        "Today" | "Yesterday" => day.to_lowercase(),
        _ => day.to_owned(),
    }
}

/// Everything as text. It says nothing of who or where.
pub fn report(stats: &SuccessStats, clock: &Clock) -> String {
    let mut report = String::from(concat!("Festival Chat ", env!("CARGO_PKG_VERSION")));
    let since = stats.since.map_or_else(String::new, |at| format!(" since {}", clock.date(at)));
    let all = total(&stats.tallies);
    // Writing to a string cannot fail.
    let _ = writeln!(report, ", connections{since}\n{}: {}", percent(&all), of(&all));
    for group in by_path(stats).iter().chain(&by_nat(stats)) {
        let took =
            group.median.map_or_else(String::new, |took| format!(", median {}", clock::span(took)));
        let _ = writeln!(report, "{}: {}, {}{took}", group.name, percent(group), of(group));
    }
    for (cause, count) in causes(stats) {
        let _ = writeln!(report, "failed {count} times: {cause}");
    }
    report
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::Timestamp;
    use transport::{LinkPath, TransportKind, nat::NatKind};

    use super::{by_nat, by_path, causes, percent, report, total};
    use crate::{
        backend::{SuccessStats, Tally},
        ui::clock::Clock,
    };

    fn stats() -> SuccessStats {
        let tally = |path, nat, cause: Option<&str>, count| Tally {
            kind: TransportKind::WebRtc,
            path,
            nat,
            cause: cause.map(str::to_owned),
            count,
            median: Some(Duration::from_millis(100 + count)),
        };
        let cone = NatKind::EndpointIndependent;
        SuccessStats {
            since: Some(Timestamp(1_795_458_600_000)),
            tallies: vec![
                tally(LinkPath::Direct, cone, None, 90),
                tally(LinkPath::Direct, cone, Some("nobody answered"), 6),
                tally(LinkPath::Direct, NatKind::Symmetric, Some("nobody answered"), 3),
                tally(LinkPath::Relayed, NatKind::Symmetric, None, 20),
                tally(LinkPath::Relayed, NatKind::Symmetric, Some("no relay took it"), 1),
            ],
        }
    }

    #[test]
    fn attempts_are_added_up_by_way_by_network_and_by_cause() {
        let stats = stats();
        let figures = |groups: Vec<super::Group>| {
            groups.into_iter().map(|g| (g.connected, g.attempts)).collect::<Vec<_>>()
        };

        assert_eq!(percent(&total(&stats.tallies)), "91 %");
        assert_eq!(figures(by_path(&stats)), [(90, 99), (20, 21)]);
        assert_eq!(figures(by_nat(&stats)), [(90, 96), (20, 24)]);
        let causes = causes(&stats);
        assert_eq!(causes.first(), Some(&("Nobody answered".to_owned(), 9)));
    }

    #[test]
    fn all_is_said_only_of_all() {
        let mut stats = stats();
        stats.tallies.truncate(2);
        stats.tallies[0].count = 9_999;
        stats.tallies[1].count = 1;

        assert_eq!(percent(&total(&stats.tallies)), "99 %");
    }

    #[test]
    fn report_has_every_figure() {
        let report = report(&stats(), &Clock::new(Box::new(|_| 0)));

        for line in [
            "connections since 2026-11-23\n91 %: 110 of 120 attempts",
            "WebRTC, direct: 90 %, 90 of 99 attempts, median 190 ms",
            "A router that changes its ports (symmetric NAT): 83 %, 20 of 24 attempts",
            "failed 9 times: Nobody answered",
        ] {
            assert!(report.contains(line), "{line:?} is not in {report}");
        }
    }
}
