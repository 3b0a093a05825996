//! What can be asked of what is carried for others.

use engine::{CarriedRecord, CourierBatch, PackId, StoreError};
use redb::ReadableTable as _;

use crate::{
    error::from_redb,
    read::Snapshot,
    tables::{CARRIES, decode},
};

impl Snapshot {
    pub(crate) fn carries(&self) -> Result<Option<bool>, StoreError> {
        let value = self.meta.get(CARRIES).map_err(from_redb)?;
        value.map(|value| decode(value.value())).transpose()
    }

    pub(crate) fn carried(&self) -> Result<Vec<(PackId, CarriedRecord)>, StoreError> {
        let Some(table) = &self.carried else { return Ok(Vec::new()) };
        let all = table.iter().map_err(from_redb)?.map(|entry| {
            let (id, record) = entry.map_err(from_redb)?;
            Ok((*id.value(), decode(record.value())?))
        });
        all.collect()
    }

    pub(crate) fn carried_pack(&self, id: &PackId) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = &self.packs else { return Ok(None) };
        Ok(table.get(id).map_err(from_redb)?.map(|pack| pack.value().to_vec()))
    }

    /// Whether everything `batch` asks for is so.
    pub(crate) fn holds_courier(&self, batch: &CourierBatch) -> Result<bool, StoreError> {
        if batch.on.is_some() && self.carries()? != batch.on {
            return Ok(false);
        }
        for (id, record) in &batch.records {
            let found = match &self.carried {
                Some(table) => table.get(id).map_err(from_redb)?,
                None => None,
            };
            let found: Option<CarriedRecord> =
                found.map(|record| decode(record.value())).transpose()?;
            if found != *record {
                return Ok(false);
            }
        }
        for (id, pack) in &batch.packs {
            if self.carried_pack(id)? != *pack {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
