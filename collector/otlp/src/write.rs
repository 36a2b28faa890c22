//! Writes protobuf messages, for the little that is written from scratch.

use crate::encode;

/// A message that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// Begins an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the message.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Writes an integer, an enumeration or a truth value.
    pub fn varint(&mut self, number: u32, value: u64) {
        encode::key(&mut self.0, number, 0);
        encode::varint(&mut self.0, value);
    }

    /// Writes a `fixed64` or `sfixed64`.
    pub fn fixed64(&mut self, number: u32, value: u64) {
        encode::key(&mut self.0, number, 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Writes a `double`.
    pub fn double(&mut self, number: u32, value: f64) {
        self.fixed64(number, value.to_bits());
    }

    /// Writes bytes or a text.
    pub fn bytes(&mut self, number: u32, value: impl AsRef<[u8]>) {
        encode::header(&mut self.0, number, value.as_ref().len());
        self.0.extend_from_slice(value.as_ref());
    }

    /// Writes a message inside this one.
    pub fn message(&mut self, number: u32, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::new();
        write(&mut inner);
        self.bytes(number, inner.0);
    }

    /// Writes a packed list of `fixed64`; of doubles, by their bits.
    pub fn packed64(&mut self, number: u32, values: impl ExactSizeIterator<Item = u64>) {
        encode::header(&mut self.0, number, values.len() * 8);
        values.for_each(|it| self.0.extend_from_slice(&it.to_le_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::HistogramDataPoint;
    use prost::Message as _;

    use super::*;

    #[test]
    fn another_decoder_reads_what_is_written() {
        let mut point = Message::new();
        point.fixed64(3, 7);
        point.fixed64(4, 5);
        point.double(5, 1.5);
        point.packed64(6, [2, 3].into_iter());
        point.packed64(7, [0.25_f64.to_bits()].into_iter());
        let read = HistogramDataPoint::decode(point.into_bytes().as_slice()).unwrap();
        assert_eq!((read.time_unix_nano, read.count, read.sum), (7, 5, Some(1.5)));
        assert_eq!((read.bucket_counts, read.explicit_bounds), (vec![2, 3], vec![0.25]));

        let mut request = Message::new();
        request.message(1, |resource| {
            resource.message(2, |scope| {
                scope.message(2, |record| {
                    record.varint(2, 300);
                    record.bytes(12, "incident.opened");
                });
            });
        });
        let read = ExportLogsServiceRequest::decode(request.into_bytes().as_slice()).unwrap();
        let record = &read.resource_logs[0].scope_logs[0].log_records[0];
        assert_eq!((record.severity_number, record.event_name.as_str()), (300, "incident.opened"));
    }
}
