//! Opens the queue of each destination that takes signals.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use bellwether_core::ids::Destination;
use bellwether_core::queue::Queue;
use bellwether_exporters::settings::{Policy, QueueSettings, Storage};
use bellwether_queue::{Disk, DiskQueue, MemoryQueue, Settings};

/// Where queues are kept.
pub(super) struct Queues {
    pub(super) folder: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
}

impl Queues {
    /// Opens the queue of a destination, and reads what waits in it.
    pub(super) async fn open(
        &self,
        destination: &Destination,
        settings: QueueSettings,
    ) -> anyhow::Result<Arc<dyn Queue>> {
        let policy = match settings.policy {
            Policy::Block => bellwether_queue::Policy::Block,
            Policy::DropOldest => bellwether_queue::Policy::DropOldest,
        };
        let name = destination.as_str();
        if settings.storage == Storage::Memory {
            return Ok(Arc::new(MemoryQueue::new(name, settings.size, policy)));
        }
        let folder = self.folder.join(file_name(name));
        let settings = Settings::new(name, settings.size, policy);
        let disk = Arc::clone(&self.disk);
        let open = move || DiskQueue::open(disk.as_ref(), &folder, settings);
        let opened = tokio::task::spawn_blocking(open).await.context("opening a queue")?;
        Ok(Arc::new(opened?))
    }
}

/// Returns a name for a folder: what stands for a folder itself is written as in a URL.
fn file_name(destination: &str) -> String {
    let mut name = String::new();
    for (at, c) in destination.char_indices() {
        match c {
            '/' | '\\' | '%' | '\0' | ':' => name.push_str(&format!("%{:02X}", u32::from(c))),
            '.' if at == 0 => name.push_str("%2E"),
            c => name.push(c),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_destination_has_a_folder_of_its_own() {
        for (destination, name) in [
            ("datadog", "datadog"),
            ("otlp/eu.1", "otlp%2Feu.1"),
            ("otlp%2Feu.1", "otlp%252Feu.1"),
            ("../x", "%2E.%2Fx"),
        ] {
            assert_eq!(file_name(destination), name);
        }
    }
}
