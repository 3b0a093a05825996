//! Makes this computer open `festival:` links with the app.

use std::path::Path;

/// The entry as it is shipped, whose program is the plain name.
const ENTRY: &str = include_str!("../../assets/festival-chat.desktop");
const ICON: &[u8] = include_bytes!("../../assets/icon.png");
const ENTRY_FILE: &str = "festival-chat.desktop";
const SCHEME: &str = "x-scheme-handler/festival";

/// Writes the person's own desktop entry and icon, and names the app as the opener of its links.
pub(super) fn run() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("links are registered on Linux only so far; paste them into the app".to_owned());
    }
    use etcetera::BaseStrategy as _;
    let base =
        etcetera::choose_base_strategy().map_err(|_home| "no home folder was found".to_owned())?;
    let program = std::env::current_exe().map_err(|err| err.to_string())?;
    write_files(&base.data_dir(), &program)
        .map_err(|err| format!("could not be written: {err}"))?;
    let status =
        std::process::Command::new("xdg-mime").args(["default", ENTRY_FILE, SCHEME]).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err("the app is in the menu now; install xdg-utils and run this again, so that \
                  links open it too"
            .to_owned()),
    }
}

fn write_files(data_dir: &Path, program: &Path) -> std::io::Result<()> {
    let icons = data_dir.join("icons/hicolor/256x256/apps");
    let entries = data_dir.join("applications");
    std::fs::create_dir_all(&icons)?;
    std::fs::create_dir_all(&entries)?;
    std::fs::write(icons.join("festival-chat.png"), ICON)?;
    std::fs::write(entries.join(ENTRY_FILE), entry_for(program))
}

/// The entry with this very program in it, quoted as the Desktop Entry Specification asks.
fn entry_for(program: &Path) -> String {
    let quoted: String = program
        .display()
        .to_string()
        .chars()
        .flat_map(|c| {
            let escape = matches!(c, '"' | '`' | '$' | '\\').then_some('\\');
            escape.into_iter().chain([c])
        })
        .collect();
    ENTRY.replace("Exec=festival ", &format!("Exec=\"{quoted}\" "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::write_files;

    #[test]
    fn links_are_handed_to_this_program_wherever_it_lies() {
        let dir = tempfile::tempdir().expect("a folder");

        write_files(dir.path(), Path::new("/opt/a \"b\"/festival")).expect("written");

        let entry = std::fs::read_to_string(dir.path().join("applications/festival-chat.desktop"));
        let entry = entry.expect("the entry");
        assert!(entry.contains("Exec=\"/opt/a \\\"b\\\"/festival\" %u\n"), "{entry}");
        assert!(entry.contains("x-scheme-handler/festival;"), "{entry}");
    }
}
