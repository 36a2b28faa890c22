//! Checks the ids of traces and spans.
//!
//! To protobuf an id is any bytes, so that a request with bad ids is well formed and passes
//! [`validate`](crate::validate). OpenTelemetry says that a trace id has 16 bytes and a span id 8,
//! not all of them zero. Whoever looks at an id asks here.

/// Returns the trace id, if it is one.
pub fn trace_id(bytes: &[u8]) -> Option<[u8; 16]> {
    nonzero(bytes)
}

/// Returns the span id, if it is one. A root span's parent id is empty and therefore none.
pub fn span_id(bytes: &[u8]) -> Option<[u8; 8]> {
    nonzero(bytes)
}

fn nonzero<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok().filter(|id| *id != [0; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_its_length_and_is_not_zero() {
        assert_eq!(trace_id(&[1; 16]), Some([1; 16]));
        assert_eq!(span_id(&[1; 8]), Some([1; 8]));
        for bad in [&[][..], &[1; 3], &[1; 8], &[1; 15], &[1; 17], &[0; 16]] {
            assert_eq!(trace_id(bad), None);
        }
        assert_eq!(span_id(&[0; 8]), None);
    }
}
