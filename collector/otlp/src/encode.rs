//! Writes protobuf.

/// Writes a varint in as few bytes as it takes.
pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Returns how many bytes [`varint`] writes.
pub(crate) fn varint_size(value: u64) -> usize {
    // each byte carries 7 bits, and zero takes one byte
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// Writes what precedes a field's value.
pub(crate) fn key(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    varint(out, u64::from(number << 3 | wire_type));
}

/// Writes what precedes the bytes of a message, string, or bytes field.
pub(crate) fn header(out: &mut Vec<u8>, number: u32, length: usize) {
    key(out, number, 2);
    varint(out, length as u64);
}

/// Returns how many bytes [`header`] writes.
pub(crate) fn header_size(number: u32, length: usize) -> usize {
    varint_size(u64::from(number << 3)) + varint_size(length as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_what_is_written() {
        for bits in 0..64 {
            for value in [1_u64 << bits, (1 << bits) - 1, u64::MAX >> bits] {
                let mut out = Vec::new();
                varint(&mut out, value);
                assert_eq!(out.len(), varint_size(value), "{value}");
            }
        }
        for (number, length) in [(1, 0), (15, 127), (16, 128), (2_000, 300_000)] {
            let mut out = Vec::new();
            header(&mut out, number, length);
            assert_eq!(out.len(), header_size(number, length));
        }
    }
}
