//! Listens for others.

use windows::{
    Devices::Bluetooth::{
        Advertisement::{
            BluetoothLEAdvertisementReceivedEventArgs, BluetoothLEAdvertisementWatcher,
            BluetoothLEAdvertisementWatcherStoppedEventArgs, BluetoothLEScanningMode,
        },
        BluetoothAddressType,
    },
    Foundation::TypedEventHandler,
    core::{Ref, Result},
};

use super::{
    super::{Address, Happening, inbox::Inbox, token_in},
    bytes,
};
use crate::ble::listed_token;

/// By which number service data is told that is behind a UUID of 128 bits.
const SERVICE_DATA: u8 = 0x21;

/// Listens until dropped: one that is stopped takes a while before it can be started again.
pub(super) struct Scanner {
    watcher: BluetoothLEAdvertisementWatcher,
    received: i64,
    stopped: i64,
}

impl Scanner {
    pub(super) fn start(inbox: &Inbox) -> Result<Self> {
        let watcher = BluetoothLEAdvertisementWatcher::new()?;
        // Where Windows puts the token if it also shows other things is its own affair: the rest is asked for, too.
        watcher.SetScanningMode(BluetoothLEScanningMode::Active)?;
        let heard = inbox.clone();
        let received = watcher.Received(&TypedEventHandler::new(
            move |_, args: Ref<'_, BluetoothLEAdvertisementReceivedEventArgs>| {
                // What cannot be read is nothing that was heard.
                let _ = args.ok().and_then(|args| hear(args, &heard));
                Ok(())
            },
        ))?;
        let over = inbox.clone();
        let stopped = watcher.Stopped(&TypedEventHandler::new(
            move |_, args: Ref<'_, BluetoothLEAdvertisementWatcherStoppedEventArgs>| {
                let why = args.as_ref().map(BluetoothLEAdvertisementWatcherStoppedEventArgs::Error);
                log::debug!("Bluetooth: scanning ended: {why:?}");
                over.tell(Happening::ScanStopped);
                Ok(())
            },
        ))?;
        let this = Self { watcher, received, stopped };
        this.watcher.Start()?;
        Ok(this)
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        let _ = self.watcher.RemoveReceived(self.received);
        let _ = self.watcher.RemoveStopped(self.stopped);
        let _ = self.watcher.Stop();
    }
}

fn hear(args: &BluetoothLEAdvertisementReceivedEventArgs, inbox: &Inbox) -> Result<()> {
    // Older ones do not tell.
    let is_random = match args.BluetoothAddressType() {
        Ok(BluetoothAddressType::Public) => Some(false),
        Ok(BluetoothAddressType::Random) => Some(true),
        _ => None,
    };
    let address = Address { number: args.BluetoothAddress()?, is_random };
    let advert = args.Advertisement()?;
    for section in advert.GetSectionsByType(SERVICE_DATA)? {
        let data = section.Data().and_then(|data| bytes(&data)).unwrap_or_default();
        if let Some(token) = token_in(&data) {
            inbox.mention(Happening::Heard(address, token));
        }
    }
    // As Apple's devices show theirs.
    for token in advert.ServiceUuids()?.into_iter().filter_map(|uuid| listed_token(uuid.to_u128()))
    {
        inbox.mention(Happening::Heard(address, token));
    }
    Ok(())
}
