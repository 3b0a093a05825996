//! How well connecting has gone: counted on this device, for its person alone.

use egui::{Color32, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use transport::nat::NatKind;

use super::{
    action::Action,
    layout,
    theme::{SPACE_L, SPACE_M, SPACE_XS, Type, palette},
    widgets::{
        button::{self, Weight},
        card::card,
        icon::Icon,
        meter::meter,
        text,
    },
};
use crate::{
    backend::{nat_name, nat_words},
    model::capital,
    stats::{Outcome, SuccessStats, Tally},
};

/// Some of all attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    /// What they have in common.
    name: String,
    /// How many they are.
    some: u64,
    /// Out of how many.
    all: u64,
    /// Of links: how many opened within one second, and within three.
    soon: Option<(u64, u64)>,
}

/// Shows the statistics.
pub fn statistics_ui(ui: &mut Ui, stats: &SuccessStats, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, "Statistics", actions);
    layout::column(ui, "statistics", |ui| {
        let tallies = stats.totals();
        let all = connected("All", tallies.iter());
        if all.all == 0 {
            text::hint(
                ui,
                "Nothing was counted yet. Whenever this device looks for another one, what came \
                 of it is counted here: never with whom, and nowhere else.",
            );
            return;
        }
        card(ui, |ui| {
            text::display(ui, &percent(&all));
            let days = stats.days().filter(|(_, day)| !day.tallies.is_empty()).count();
            text::hint(ui, &format!("{} connected, {}", of(&all), over(days)));
        });
        ui.add_space(SPACE_L);
        let colors = palette(ui);
        groups_ui(ui, "How it was connected", &ways(&tallies), colors.connected);
        groups_ui(ui, "What was in between", &by_nat(&tallies), colors.connected);
        groups_ui(ui, "Over what", &by_transport(&tallies), colors.connected);
        groups_ui(ui, "Why it did not work", &causes(&tallies), colors.danger);
        text::small(ui, "Counted on this device only, without names and addresses.");
        ui.add_space(SPACE_M);
        if button::wide(ui, Weight::Primary, Some(Icon::Copy), "Copy as text").clicked() {
            let version = concat!("Festival Chat ", env!("CARGO_PKG_VERSION"), "\n");
            let text = format!("{version}{}", stats.to_text());
            actions.push(Action::Copy { text, note: "Statistics copied." });
        }
    });
}

fn groups_ui(ui: &mut Ui, title: &str, groups: &[Group], color: Color32) {
    if groups.is_empty() {
        return;
    }
    text::title(ui, title);
    ui.add_space(SPACE_XS);
    card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = SPACE_M;
        for group in groups {
            bar_ui(ui, group, color);
        }
    });
    ui.add_space(SPACE_L);
}

/// A name, its share at the right of it, a bar beneath, and the figures. Read aloud as one.
fn bar_ui(ui: &mut Ui, group: &Group, color: Color32) {
    let colors = palette(ui);
    let width = ui.available_width();
    let figure = percent(group);
    let said = said(group);
    let share = text::line(ui, &figure, Type::Body, colors.text, width / 2.0);
    let name_width = width - share.size().x - SPACE_M;
    let name = text::layout(ui, &group.name, Type::Body, colors.text, name_width);
    let words = text::layout(ui, &said, Type::Small, colors.muted, width);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = SPACE_XS;
        let size = vec2(width, name.size().y.max(share.size().y));
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let label = format!("{}, {figure}, {said}", group.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
        ui.painter().galley(pos2(rect.right() - share.size().x, rect.top()), share, colors.text);
        ui.painter().galley(rect.min, name, colors.text);
        meter(ui, group.some as f32 / group.all.max(1) as f32, color);
        let (rect, _) = ui.allocate_exact_size(vec2(width, words.size().y), Sense::hover());
        ui.painter().galley(rect.min, words, colors.muted);
    });
}

fn said(group: &Group) -> String {
    match group.soon {
        Some((one, three)) => {
            format!(
                "{} of {}, {one} within 1\u{a0}s, {three} within 3\u{a0}s",
                group.some, group.all
            )
        }
        None => of(group),
    }
}

/// Those of `tallies` that led to a link.
fn connected<'a>(name: &str, tallies: impl Iterator<Item = &'a Tally>) -> Group {
    let mut group = Group { name: name.to_owned(), some: 0, all: 0, soon: None };
    for tally in tallies {
        group.all = group.all.saturating_add(tally.count);
        if tally.outcome.is_success() {
            group.some = group.some.saturating_add(tally.count);
        }
    }
    group
}

/// How many ended in each of `outcomes`, most frequent first, without those that none did.
fn ended(tallies: &[Tally], outcomes: &[Outcome]) -> Vec<Group> {
    let all = connected("", tallies.iter()).all;
    let of_outcome = |outcome: &Outcome| {
        let like = tallies.iter().filter(|tally| tally.outcome == *outcome);
        let mut group = Group { name: words(*outcome).to_owned(), some: 0, all, soon: None };
        let mut soon = (0, 0);
        for tally in like {
            let [one, three, _, _] = tally.within;
            soon = (soon.0 + one, soon.1 + one + three);
            group.some = group.some.saturating_add(tally.count);
        }
        group.soon = outcome.is_success().then_some(soon);
        group
    };
    let mut groups: Vec<Group> = outcomes.iter().map(of_outcome).collect();
    groups.retain(|group| group.some > 0);
    groups.sort_by_key(|group| std::cmp::Reverse(group.some));
    groups
}

fn ways(tallies: &[Tally]) -> Vec<Group> {
    ended(tallies, &[Outcome::Direct, Outcome::Relayed])
}

fn causes(tallies: &[Tally]) -> Vec<Group> {
    let causes =
        [Outcome::Unreachable, Outcome::NoAddress, Outcome::Off, Outcome::Denied, Outcome::Failed];
    ended(tallies, &causes)
}

fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Direct => "Direct",
        Outcome::Relayed => "Through relay",
        Outcome::Unreachable => "Nobody answered",
        Outcome::Off => "Network or radio switched off",
        Outcome::Denied => "No permission",
        Outcome::NoAddress => "No address known",
        Outcome::Failed => "The system refused",
    }
}

/// By what stood between, as far as it was met.
fn by_nat(tallies: &[Tally]) -> Vec<Group> {
    let kinds = [
        NatKind::Open,
        NatKind::EndpointIndependent,
        NatKind::Symmetric,
        NatKind::Blocked,
        NatKind::Unknown,
    ];
    let of_kind = |kind: NatKind| {
        let like = tallies.iter().filter(|tally| tally.nat == nat_name(kind));
        connected(&capital(nat_words(kind)), like)
    };
    let mut groups: Vec<Group> = kinds.into_iter().map(of_kind).collect();
    groups.retain(|group| group.all > 0);
    groups
}

/// By technology, where there is more than one.
fn by_transport(tallies: &[Tally]) -> Vec<Group> {
    let mut names: Vec<&str> = tallies.iter().map(|tally| tally.transport.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 {
        return Vec::new();
    }
    let of_name = |name: &str| {
        let shown = if name == "webrtc" { "WebRTC".to_owned() } else { capital(name) };
        connected(&shown, tallies.iter().filter(|tally| tally.transport == name))
    };
    names.into_iter().map(of_name).collect()
}

/// Rounded down, so that 100 % means every single one.
fn percent(group: &Group) -> String {
    let share = group.some.saturating_mul(100).checked_div(group.all).unwrap_or(0);
    format!("{share} %")
}

fn of(group: &Group) -> String {
    let attempts = if group.all == 1 { "attempt" } else { "attempts" };
    format!("{} of {} {attempts}", group.some, group.all)
}

fn over(days: usize) -> String {
    if days == 1 { "in one day".to_owned() } else { format!("in {days} days") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use transport::TransportKind;

    use super::{Group, by_nat, by_transport, causes, connected, percent, said, ways};
    use crate::stats::{Circumstances, Outcome, SuccessStats, Tally};

    fn tallies() -> Vec<Tally> {
        let mut stats = SuccessStats::default();
        for (nat, outcome, count, secs) in [
            ("cone", Outcome::Direct, 80, 1),
            ("cone", Outcome::Direct, 10, 3),
            ("cone", Outcome::Unreachable, 6, 60),
            ("symmetric", Outcome::Unreachable, 3, 60),
            ("symmetric", Outcome::Relayed, 20, 2),
            ("symmetric", Outcome::NoAddress, 1, 0),
        ] {
            for _ in 0..count {
                let here = Circumstances { transport: TransportKind::WebRtc, nat };
                let day = "2026-11-23".to_owned();
                stats.count(day, here, outcome, Duration::from_secs(secs));
            }
        }
        stats.totals()
    }

    fn figures(groups: &[Group]) -> Vec<(&str, u64, u64)> {
        groups.iter().map(|group| (group.name.as_str(), group.some, group.all)).collect()
    }

    #[test]
    fn attempts_are_told_by_way_by_network_and_by_cause() {
        let tallies = tallies();

        assert_eq!(percent(&connected("", tallies.iter())), "91 %");
        let ways = ways(&tallies);
        assert_eq!(figures(&ways), [("Direct", 90, 120), ("Through relay", 20, 120)]);
        assert_eq!(said(&ways[0]), "90 of 120, 80 within 1\u{a0}s, 90 within 3\u{a0}s");
        let by_nat = by_nat(&tallies);
        assert_eq!(
            figures(&by_nat),
            [
                ("A router that keeps its ports (cone NAT)", 90, 96),
                ("A router that changes its ports (symmetric NAT)", 20, 24),
            ]
        );
        assert_eq!(
            figures(&causes(&tallies)),
            [("Nobody answered", 9, 120), ("No address known", 1, 120)]
        );
        assert!(by_transport(&tallies).is_empty(), "there is only one");
    }

    #[test]
    fn all_is_said_only_of_all() {
        let group = |some, all| Group { name: String::new(), some, all, soon: None };

        assert_eq!(percent(&group(9_999, 10_000)), "99 %");
        assert_eq!(percent(&group(3, 3)), "100 %");
        assert_eq!(percent(&group(0, 0)), "0 %");
    }
}
