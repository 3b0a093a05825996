//! Whether the person may pay per byte here, as far as the system says.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{process::Command, sync::watch, time::timeout};
use transport::webrtc::WebRtcTransport;

use super::servers::Choices;

/// How long the system may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What NetworkManager says of the connection that leads to the internet; its own words, on the
/// bus every Linux desktop has.
const QUESTION: [&str; 5] = [
    "get-property",
    "org.freedesktop.NetworkManager",
    "/org/freedesktop/NetworkManager",
    "org.freedesktop.NetworkManager",
    "Metered",
];

/// Asks now and whenever there is a reason to look at the network anew.
pub(super) async fn watch(
    is_metered: Arc<AtomicBool>,
    choices: Arc<Choices>,
    transport: WebRtcTransport,
    mut fresh: watch::Receiver<u64>,
) {
    loop {
        let answer = ask().await;
        is_metered.store(answer, Ordering::Relaxed);
        transport.set_may_relay(choices.relayed_links().is_allowed(answer));
        if fresh.changed().await.is_err() {
            return;
        }
    }
}

async fn ask() -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let asking = Command::new("busctl")
        .args(QUESTION)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    match timeout(PATIENCE, asking).await {
        Ok(Ok(output)) => says_metered(&String::from_utf8_lossy(&output.stdout)),
        // Without NetworkManager nobody knows.
        Ok(Err(_)) | Err(_) => false,
    }
}

/// Reads an `NMMetered`: 1 is yes, 3 is a guess at yes.
fn says_metered(answer: &str) -> bool {
    matches!(answer.trim(), "u 1" | "u 3")
}

#[cfg(test)]
mod tests {
    use super::says_metered;

    #[test]
    fn yes_and_a_guess_at_yes_are_metered() {
        assert!(says_metered("u 1\n") && says_metered("u 3\n"));
        for answer in ["u 0\n", "u 2\n", "u 4\n", "", "Failed to get property"] {
            assert!(!says_metered(answer), "{answer}");
        }
    }
}
