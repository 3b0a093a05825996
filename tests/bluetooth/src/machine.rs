//! The virtual machine.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What may be called off after this many seconds: a quiet machine needs a quarter of it.
const LIMIT_SECS: u32 = 600;

/// How often a story is played again because the machine itself came down: Linux 6.1 does at times when a
/// connection ends (`hci_chan_del` of a list it has cleared), whoever used it, and `btvirt` does.
const MAX_AGAIN: usize = 2;

/// What says that an adapter which was switched off did not stay so, which was seen twice.
pub(crate) const ON_BY_ITSELF: &str = "Bluetooth is on again by itself";

/// What says that it did.
const CAME_DOWN: [&str; 3] = ["kernel BUG at", "the emulated controllers came down", ON_BY_ITSELF];

/// A kernel and a first file system, as `vm/prepare.sh` makes them.
#[derive(Debug)]
pub struct Machine {
    dir: PathBuf,
}

impl Machine {
    /// The one that `BLUETOOTH_MACHINE` names; `None` if it names none.
    pub fn new() -> Option<Self> {
        let dir = std::env::var_os("BLUETOOTH_MACHINE").map(PathBuf::from)?;
        Some(Self { dir })
    }

    /// Plays a story in a machine with so many Bluetooth controllers, whose service has these settings;
    /// gives what it said.
    /// The programs are `guest`, which plays, and `festival`.
    ///
    /// # Errors
    ///
    /// Where the story does not end well: what was said, and where the logs are.
    pub fn play(
        &self,
        story: &str,
        controllers: usize,
        settings: &str,
        programs: &[(&str, &Path)],
    ) -> Result<String, String> {
        let config = vm().join(settings);
        let told = format!("controllers={controllers}\nconfig='{}'\n", config.display());
        self.run(story, "guest.sh", 0, told, programs)
    }

    /// Plays a story in a machine with so many Wi-Fi radios that hear each other, the last of which is a network
    /// that is there; gives what it said.
    ///
    /// # Errors
    ///
    /// Like [`play`](Self::play).
    pub fn play_wifi(
        &self,
        story: &str,
        radios: usize,
        programs: &[(&str, &Path)],
    ) -> Result<String, String> {
        self.run(story, "wifi.sh", radios, String::new(), programs)
    }

    fn run(
        &self,
        story: &str,
        script: &str,
        radios: usize,
        told: String,
        programs: &[(&str, &Path)],
    ) -> Result<String, String> {
        let mut outcome = self.run_once(story, script, radios, told.clone(), programs);
        for _ in 0..MAX_AGAIN {
            match &outcome {
                Err(why) if CAME_DOWN.iter().any(|sign| why.contains(sign)) => {
                    eprintln!("the machine came down, not the program; once more: {why}");
                    outcome = self.run_once(story, script, radios, told.clone(), programs);
                }
                _ => break,
            }
        }
        outcome
    }

    fn run_once(
        &self,
        story: &str,
        script: &str,
        radios: usize,
        mut told: String,
        programs: &[(&str, &Path)],
    ) -> Result<String, String> {
        let out = tempfile::tempdir().map_err(|err| err.to_string())?;
        let _never = writeln!(told, "story='{story}'");
        for (name, program) in programs {
            let _never = writeln!(told, "{name}='{}'", program.display());
        }
        std::fs::write(out.path().join("settings"), told).map_err(|err| err.to_string())?;
        let said = self.start(script, radios, out.path())?;
        let code = std::fs::read_to_string(out.path().join("code")).unwrap_or_default();
        if code.trim() == "0" {
            return Ok(said);
        }
        Err(format!("{said}\nthe logs are in {}", out.keep().display()))
    }

    fn start(&self, script: &str, radios: usize, out: &Path) -> Result<String, String> {
        let share = |id: &str, path: &Path, more: &str| {
            format!("local,id={id},path={},security_model=none{more}", path.display())
        };
        let append = format!(
            "console=ttyS0 quiet loglevel=3 oops=panic panic=-1 mitigations=off clocksource=hpet nokaslr \
             random.trust_cpu=on radios={radios} script={}",
            vm().join(script).display()
        );
        let run = Command::new("timeout")
            .args([&LIMIT_SECS.to_string(), "qemu-system-x86_64", "-M", "q35", "-cpu", "max"])
            .args(["-accel", "tcg,thread=multi", "-smp", "2", "-m", "1536", "-nodefaults"])
            .args(["-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot"])
            .args(["-nic", "none", "-device", "virtio-rng-pci", "-append", &append, "-kernel"])
            .arg(self.dir.join("kernel"))
            .arg("-initrd")
            .arg(self.dir.join("initrd"))
            .args(["-fsdev", &share("r", Path::new("/"), ",readonly=on,multidevs=remap")])
            .args(["-device", "virtio-9p-pci,fsdev=r,mount_tag=host"])
            .args(["-fsdev", &share("o", out, "")])
            .args(["-device", "virtio-9p-pci,fsdev=o,mount_tag=out"])
            .stdin(Stdio::null())
            .output()
            .map_err(|err| format!("qemu is installed by tests/run.sh: {err}"))?;
        Ok(String::from_utf8_lossy(&run.stdout).into_owned())
    }
}

/// What happens inside.
fn vm() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vm")
}
