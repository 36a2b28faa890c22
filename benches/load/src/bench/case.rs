//! What is sent, and how.

use bellwether_load::client::{Compression, Protocol};
use bellwether_load::drive::Pace;

/// One combination: in and out alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) pace: Pace,
    pub(crate) protocol: Protocol,
    pub(crate) compression: Compression,
    pub(crate) spans: usize,
}

/// What is offered at a steady pace.
const STEADY: Pace = Pace::Open { spans_per_second: 50_000 };

impl Case {
    /// Returns every combination; those that the bars are for come first.
    pub(crate) fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for pace in [Pace::Closed, STEADY] {
            for protocol in [Protocol::Grpc, Protocol::Http] {
                for compression in [Compression::None, Compression::Gzip] {
                    for spans in [100, 1_000] {
                        cases.push(Self { pace, protocol, compression, spans });
                    }
                }
            }
        }
        cases
    }

    /// Says whether the bars are for this one.
    pub(crate) fn has_bars(&self) -> bool {
        let Self { pace, protocol, compression, spans } = *self;
        (pace, protocol, compression, spans)
            == (Pace::Closed, Protocol::Grpc, Compression::None, 100)
    }

    /// Returns a name such as `saturating, grpc none 100 spans`.
    pub(crate) fn name(&self) -> String {
        let pace = match self.pace {
            Pace::Closed => "saturating".to_owned(),
            Pace::Open { spans_per_second } => format!("{spans_per_second} spans/s"),
        };
        let (protocol, compression) = (self.protocol.as_str(), self.compression.as_str());
        format!("{pace}, {protocol} {compression} {} spans", self.spans)
    }
}
