//! The collectors that are measured: one file each, one line here.

mod floor;
mod otelcol;
mod ours;
mod rotel;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use bellwether_load::client::{Compression, Protocol};
use bellwether_load::process::{Process, free_address};
use clap::ValueEnum;

use super::case::Case;

/// A collector, as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// Counts bytes and sends nothing on.
    Floor,
    /// The OpenTelemetry Collector, passing everything through.
    Otelcol,
    /// rotel, passing everything through.
    Rotel,
    /// Ours with 100 rules and queues in memory.
    Memory,
    /// The same with queues on disk.
    Disk,
    /// The same with queues in memory, and every span enriched.
    Enriched,
}

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) floor: PathBuf,
    pub(crate) ours: PathBuf,
    pub(crate) otelcol: PathBuf,
    pub(crate) rotel: PathBuf,
}

/// Where a peer listens and sends to, and where it may keep files.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) api: SocketAddr,
    pub(crate) sink: SocketAddr,
    pub(crate) folder: PathBuf,
}

impl Programs {
    /// Finds ours beside this program, the others in the cache.
    pub(crate) fn find(cache: &Path) -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        let built = this.parent().context("a folder")?;
        let programs = Self {
            floor: this.clone(),
            ours: built.join("bellwether"),
            otelcol: cache.join("otelcol/otelcol"),
            rotel: cache.join("rotel/rotel-agent"),
        };
        anyhow::ensure!(
            programs.otelcol.exists() && programs.rotel.exists(),
            "run `scripts/setup otelcol rotel` first"
        );
        anyhow::ensure!(programs.ours.exists(), "build bellwether-collector for release first");
        Ok(programs)
    }
}

impl Place {
    /// Finds free ports; the folder is emptied.
    pub(crate) fn new(sink: SocketAddr, folder: PathBuf) -> anyhow::Result<Self> {
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => std::fs::create_dir_all(&folder)?,
        }
        let [grpc, http, api] = [free_address()?, free_address()?, free_address()?];
        Ok(Self { grpc, http, api, sink, folder })
    }

    /// Returns where load of this protocol goes.
    pub(crate) fn of(&self, protocol: Protocol) -> SocketAddr {
        match protocol {
            Protocol::Grpc => self.grpc,
            Protocol::Http => self.http,
        }
    }
}

impl Peer {
    /// Returns those that are measured in a case, in the order of the table.
    pub(crate) fn of(case: &Case) -> Vec<Self> {
        // the published rotel compresses whatever it is told
        let comparable = |it: &Self| *it != Self::Rotel || case.compression == Compression::Gzip;
        Self::value_variants().iter().copied().filter(comparable).collect()
    }

    /// Returns what it is called in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "counts bytes, sends nothing",
            Self::Otelcol => "OpenTelemetry Collector, pass-through",
            Self::Rotel => "rotel, pass-through",
            Self::Memory => "Bellwether, 100 rules, memory",
            Self::Disk => "Bellwether, 100 rules, disk",
            Self::Enriched => "Bellwether, 100 rules, every span enriched",
        }
    }

    /// Returns the most CPU that it may take for a span, against the OpenTelemetry Collector's.
    pub(crate) fn bar(self) -> Option<(u32, u32)> {
        match self {
            Self::Memory => Some((1, 6)),
            Self::Disk => Some((1, 4)),
            Self::Enriched => Some((1, 3)),
            Self::Floor | Self::Otelcol | Self::Rotel => None,
        }
    }

    /// Says whether it is one of ours.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Memory | Self::Disk | Self::Enriched)
    }

    /// Says whether what it takes comes out again.
    pub(crate) fn forwards(self) -> bool {
        self != Self::Floor
    }

    /// Starts it.
    pub(crate) fn start(
        self,
        case: &Case,
        place: &Place,
        programs: &Programs,
    ) -> anyhow::Result<Process> {
        let mut command = match self {
            Self::Floor => floor::command(programs, place, case),
            Self::Otelcol => otelcol::command(programs, place, case)?,
            Self::Rotel => rotel::command(programs, place, case),
            Self::Memory | Self::Disk | Self::Enriched => {
                ours::command(self, programs, place, case)?
            }
        };
        let listens = match self {
            _ if self.is_ours() => vec![place.grpc, place.http, place.api],
            _ => vec![place.of(case.protocol)],
        };
        Process::start(&mut command, &place.folder.join("log"), &listens)
    }
}

/// Writes a file for a peer and returns its path.
fn written(place: &Place, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let path = place.folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

fn program(path: &Path) -> Command {
    Command::new(path)
}
