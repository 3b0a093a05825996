//! The screens about the network: servers, what works, how it went.

use std::time::Duration;

use egui::Ui;
use transport::servers::Servers;

use super::ChatApp;
use crate::{
    backend::{StepState, TestScope},
    ui::{
        action::Action,
        self_test::{SelfTestView, self_test_ui},
        server_edit::{EditView, edit_ui},
        servers::{Resetting, ServersView, servers_ui},
        statistics::statistics_ui,
    },
};

/// How often the standing of servers is refreshed while it is looked at.
const REFRESH: Duration = Duration::from_secs(2);

impl ChatApp {
    pub(super) fn servers(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let in_use = self.backend.servers();
        let view = ServersView {
            in_use: &in_use,
            net: &self.net,
            tested: &self.state.now.tested,
            is_resetting: self.state.now.is_resetting,
        };
        match servers_ui(ui, &view, actions) {
            Some(Resetting::Asked) => self.state.now.is_resetting = true,
            Some(Resetting::Over) => self.state.now.is_resetting = false,
            None => {}
        }
        ui.ctx().request_repaint_after(REFRESH);
    }

    pub(super) fn edit_server(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let in_use = self.backend.servers();
        // Versions that did not keep what was being written kept the place where one was.
        let Some(editing) = &mut self.state.now.editing else {
            actions.push(Action::Back);
            return;
        };
        let before = editing.clone();
        let tested = self.state.now.tested.get(&editing.address());
        edit_ui(ui, &EditView { servers: &in_use.servers, tested }, editing, actions);
        if *editing != before {
            self.state.now.tested.remove(&before.address());
        }
    }

    pub(super) fn self_test(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let (test, servers) = (self.backend.self_test(), self.backend.servers().servers);
        self_test_ui(ui, &SelfTestView { test: &test, servers: &servers }, actions);
    }

    pub(super) fn statistics(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let stats = self.backend.success_stats();
        statistics_ui(ui, &stats, actions);
        ui.ctx().request_repaint_after(REFRESH);
    }

    pub(super) fn use_servers(&mut self, servers: Servers, note: &'static str) {
        self.toasts.push(match self.backend.set_servers(servers) {
            Ok(()) => note.to_owned(),
            Err(why) => why,
        });
    }

    pub(super) fn test(&mut self, scope: TestScope, servers: Servers) {
        // Whatever was under way is given up.
        let is_open = |state: &StepState| matches!(state, StepState::Running | StepState::Waiting);
        self.state.now.tested.retain(|_, state| !is_open(state));
        self.backend.start_self_test(scope, servers);
        self.is_testing = true;
    }

    /// Remembers what came of each server, until the test is over.
    pub(super) fn follow_test(&mut self) {
        if !self.is_testing {
            return;
        }
        let test = self.backend.self_test();
        self.is_testing = test.is_running;
        for step in test.steps {
            if let Some(server) = step.server {
                self.state.now.tested.insert(server, step.state);
            }
        }
    }
}
