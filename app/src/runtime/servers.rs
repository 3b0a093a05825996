//! What the person has chosen for the network, kept in the data folder: which servers help, and
//! when links may be relayed.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use transport::servers::Servers;

use crate::backend::{RelayedLinks, ServersInUse};

/// The servers, unless they are those the program is built with.
const SERVERS_FILE: &str = "servers.json";
/// Everything else about the network.
const NETWORK_FILE: &str = "network.json";

/// What was chosen.
#[derive(Debug)]
pub(super) struct Choices {
    data_dir: PathBuf,
    now: Mutex<(ServersInUse, Network)>,
}

/// The form of [`NETWORK_FILE`].
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
struct Network {
    relayed_links: RelayedLinks,
}

impl Choices {
    /// What was chosen before; `named` servers, if any, stand in for those.
    pub(super) fn load(data_dir: &Path, named: Option<&Servers>) -> Self {
        let servers = match named {
            Some(servers) => ServersInUse { servers: servers.clone(), is_fixed: true },
            None => {
                let kept = read(&data_dir.join(SERVERS_FILE));
                let servers = kept.unwrap_or_else(Servers::shipped);
                ServersInUse { servers, is_fixed: false }
            }
        };
        let network = read(&data_dir.join(NETWORK_FILE)).unwrap_or_default();
        Self { data_dir: data_dir.to_path_buf(), now: Mutex::new((servers, network)) }
    }

    /// The servers in use.
    pub(super) fn servers(&self) -> ServersInUse {
        self.lock().0.clone()
    }

    /// Keeps these servers from now on, once `apply` has put them in force. If they cannot be
    /// kept, it is called again with those there were.
    pub(super) fn set_servers(
        &self,
        servers: Servers,
        apply: impl Fn(&Servers) -> std::io::Result<()>,
    ) -> Result<(), String> {
        let mut now = self.lock();
        if now.0.is_fixed {
            return Err("The servers were named when the app was started.".to_owned());
        }
        apply(&servers).map_err(|err| format!("The servers cannot be used: {err}."))?;
        let path = self.data_dir.join(SERVERS_FILE);
        // Those who have changed nothing get the list of the next version.
        let kept =
            if servers == Servers::shipped() { forget(&path) } else { keep(&path, &servers) };
        if let Err(err) = kept {
            if let Err(err) = apply(&now.0.servers) {
                log::warn!("the servers there were cannot be used: {err}");
            }
            return Err(format!("The servers could not be saved: {err}."));
        }
        now.0.servers = servers;
        Ok(())
    }

    /// When links may be relayed.
    pub(super) fn relayed_links(&self) -> RelayedLinks {
        self.lock().1.relayed_links
    }

    /// Follows the person's word on relayed links.
    pub(super) fn set_relayed_links(&self, relayed_links: RelayedLinks) -> Result<(), String> {
        let mut now = self.lock();
        let network = Network { relayed_links };
        keep(&self.data_dir.join(NETWORK_FILE), &network)
            .map_err(|err| format!("The choice could not be saved: {err}."))?;
        now.1 = network;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, (ServersInUse, Network)> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a file holds; `None` if there is none. One that cannot be read is put aside, so that
/// what somebody wrote by hand is not lost.
fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let json = match std::fs::read(path) {
        Ok(json) => json,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return None,
        Err(err) => {
            log::warn!("{} cannot be read: {err}", path.display());
            return None;
        }
    };
    serde_json::from_slice(&json)
        .map_err(|err| {
            let aside = path.with_extension("bad.json");
            log::warn!("{} is put aside as {}: {err}", path.display(), aside.display());
            if let Err(err) = std::fs::rename(path, &aside) {
                log::warn!("it stays where it is: {err}");
            }
        })
        .ok()
}

/// Writes beside and moves over, so that a crash leaves the old file or the new one.
fn keep(path: &Path, what: &impl Serialize) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut file = private(&new)?;
    serde_json::to_writer_pretty(&mut file, what)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

/// A new file that only its owner can read: it may hold passwords.
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn forget(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => Err(err),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use transport::servers::{Servers, TurnServer};

    use super::{Choices, RelayedLinks, SERVERS_FILE};

    fn own() -> Servers {
        Servers {
            relays: vec!["ws://10.0.0.1:7777".to_owned()],
            turn: vec![TurnServer {
                url: "turns:turn.example.org".to_owned(),
                username: "ana".to_owned(),
                password: Some("pw".to_owned()),
                secret: None,
            }],
            ..Servers::none()
        }
    }

    fn fine(_servers: &Servers) -> std::io::Result<()> {
        Ok(())
    }

    #[test]
    fn choices_survive_a_restart() {
        let dir = tempfile::tempdir().expect("a folder");
        let choices = Choices::load(dir.path(), None);
        assert_eq!(choices.servers().servers, Servers::shipped());
        choices.set_servers(own(), fine).expect("kept");
        choices.set_relayed_links(RelayedLinks::Always).expect("kept");

        let again = Choices::load(dir.path(), None);

        assert_eq!(again.servers().servers, own());
        assert_eq!(again.relayed_links(), RelayedLinks::Always);
    }

    #[test]
    fn whoever_goes_back_to_the_shipped_list_gets_the_next_one_too() {
        let dir = tempfile::tempdir().expect("a folder");
        let choices = Choices::load(dir.path(), None);
        choices.set_servers(own(), fine).expect("kept");
        choices.set_servers(Servers::shipped(), fine).expect("kept");

        assert!(!dir.path().join(SERVERS_FILE).exists());
    }

    #[test]
    fn servers_named_at_the_start_stand_in_for_those_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        Choices::load(dir.path(), None).set_servers(own(), fine).expect("kept");

        let named = Choices::load(dir.path(), Some(&Servers::none()));

        assert!(named.set_servers(Servers::shipped(), fine).is_err(), "it would have no effect");
        let in_use = named.servers();
        assert_eq!((in_use.servers, in_use.is_fixed), (Servers::none(), true));
        assert_eq!(Choices::load(dir.path(), None).servers().servers, own());
    }

    #[test]
    fn file_that_cannot_be_read_is_put_aside() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join(SERVERS_FILE), "{\"relays\": [").expect("written");

        let choices = Choices::load(dir.path(), None);
        choices.set_servers(own(), fine).expect("kept");

        assert_eq!(Choices::load(dir.path(), None).servers().servers, own());
        let aside = std::fs::read_to_string(dir.path().join("servers.bad.json"));
        assert_eq!(aside.expect("put aside"), "{\"relays\": [");
    }

    #[test]
    fn choice_that_cannot_be_kept_is_not_taken() {
        let dir = tempfile::tempdir().expect("a folder");
        let choices = Choices::load(&dir.path().join("missing"), None);
        let in_force = RefCell::new(Servers::shipped());
        let apply = |servers: &Servers| {
            *in_force.borrow_mut() = servers.clone();
            Ok(())
        };

        let why = choices.set_servers(own(), apply).expect_err("there is no folder");

        assert!(why.starts_with("The servers could not be saved"), "{why}");
        assert_eq!(choices.servers().servers, Servers::shipped());
        assert_eq!(in_force.into_inner(), Servers::shipped());
    }

    #[test]
    fn servers_that_cannot_be_used_are_not_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let choices = Choices::load(dir.path(), None);

        let why = choices.set_servers(own(), |_| Err(std::io::Error::other("no certificate")));

        assert_eq!(why, Err("The servers cannot be used: no certificate.".to_owned()));
        assert!(!dir.path().join(SERVERS_FILE).exists());
    }

    #[cfg(unix)]
    #[test]
    fn passwords_are_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a folder");
        Choices::load(dir.path(), None).set_servers(own(), fine).expect("kept");

        let meta = std::fs::metadata(dir.path().join(SERVERS_FILE)).expect("a file");

        assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    }
}
