//! What this network allows, step by step.

use std::fmt::Write as _;

use egui::Ui;
use transport::servers::Servers;

use super::{
    action::Action,
    layout,
    theme::{SPACE_L, SPACE_M, SPACE_S},
    widgets::{
        button::{self, Weight},
        card::card,
        icon::Icon,
        step, text,
    },
};
use crate::backend::{SelfTest, StepState, TestScope};

/// What the screen of the self-test shows.
#[derive(Debug)]
pub struct SelfTestView<'a> {
    /// The test.
    pub test: &'a SelfTest,
    /// The servers a new one would use.
    pub servers: &'a Servers,
}

/// Shows the self-test.
pub fn self_test_ui(ui: &mut Ui, view: &SelfTestView<'_>, actions: &mut Vec<Action>) {
    let SelfTestView { test, servers } = *view;
    layout::titled_bar(ui, true, "Connection test", actions);
    layout::column(ui, "self-test", |ui| {
        if let Some(conclusion) = &test.conclusion {
            card(ui, |ui| text::body(ui, conclusion));
        } else if test.is_running {
            text::hint(ui, "Trying what this network allows. This takes a few seconds.");
        } else {
            text::hint(ui, "Tries what this network allows, and which servers can be reached.");
        }
        ui.add_space(SPACE_M);
        for each in &test.steps {
            step::step(ui, &each.name, &each.state);
            ui.add_space(SPACE_M - SPACE_S);
        }
        ui.add_space(SPACE_L);
        let label = match (test.is_running, test.steps.is_empty()) {
            (true, _) => "Testing",
            (false, true) => "Start the test",
            (false, false) => "Test again",
        };
        let start = ui.add_enabled_ui(!test.is_running, |ui| {
            button::wide(ui, Weight::Primary, Some(Icon::Pulse), label)
        });
        if !test.is_running && start.inner.clicked() {
            actions.push(Action::Test(TestScope::Everything, servers.clone()));
        }
        let is_over = !test.is_running && !test.steps.is_empty();
        let copy = ui.add_enabled_ui(is_over, |ui| {
            button::wide(ui, Weight::Plain, Some(Icon::Copy), "Copy report")
        });
        if is_over && copy.inner.clicked() {
            actions.push(Action::Copy { text: report(test), note: "Report copied." });
        }
    });
}

/// The test as text, for those who can help. It has this device's addresses in it, and its
/// servers', but nobody's name.
pub fn report(test: &SelfTest) -> String {
    let mut report = format!(
        "Festival Chat {}, {} {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    for each in &test.steps {
        let sign = match each.state {
            StepState::Ok(_) => "ok  ",
            StepState::Failed(_) => "FAIL",
            StepState::Skipped(_) => "skip",
            StepState::Waiting | StepState::Running => "... ",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(report, "{sign}  {}: {}", each.name, step::words(&each.state));
    }
    if let Some(conclusion) = &test.conclusion {
        let _ = writeln!(report, "{conclusion}");
    }
    report
}

#[cfg(test)]
mod tests {
    use super::report;
    use crate::backend::{SelfTest, StepState, TestStep};

    #[test]
    fn report_has_a_line_for_each_step_and_what_it_means() {
        let step = |name: &str, state| TestStep { name: name.to_owned(), server: None, state };
        let test = SelfTest {
            steps: vec![
                step("IPv6", StepState::Skipped("this network has none".to_owned())),
                step("Relay wss://a.example", StepState::Failed("it does not answer".to_owned())),
            ],
            conclusion: Some("Friends are reached on the same network only.".to_owned()),
            is_running: false,
        };

        let report = report(&test);

        let lines: Vec<&str> = report.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "skip  IPv6: this network has none",
                "FAIL  Relay wss://a.example: it does not answer",
                "Friends are reached on the same network only.",
            ]
        );
    }
}
