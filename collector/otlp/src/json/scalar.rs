//! Numbers and bytes as JSON writes them.

use super::schema::Type;

/// Reads hex in any case.
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

/// Reads base64 with either alphabet, with padding or without, as protobuf's JSON wants.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            bits = bits << 6 | sextet(*byte)?;
        }
        let whole = match group.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        let left = bits << (6 * (4 - group.len()));
        out.extend(left.to_be_bytes().iter().skip(1).take(whole));
    }
    Some(out)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Reads a double that was written as text.
pub(super) fn double(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        // Rust would take `inf` and `nan` too.
        _ if text
            .bytes()
            .any(|it| !matches!(it, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) =>
        {
            None
        }
        _ => text.parse().ok().filter(|value: &f64| value.is_finite()),
    }
}

/// Returns the integer that a number is, if it is one: `1.0` and `1e3` are.
pub(super) fn integral(value: f64) -> Option<i128> {
    // Far beyond every type that we have; larger ones would not fit below.
    let fits = value.fract() == 0.0 && value.abs() <= 2_f64.powi(65);
    fits.then_some(value as i128)
}

/// A number as protobuf writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Varint(u64),
    Four([u8; 4]),
    Eight([u8; 8]),
}

impl Wire {
    pub(super) const fn wire_type(self) -> u32 {
        match self {
            Self::Varint(_) => 0,
            Self::Eight(_) => 1,
            Self::Four(_) => 5,
        }
    }

    /// Says whether it is what an absent field reads as. Minus zero is not.
    pub(super) fn is_default(self) -> bool {
        matches!(self, Self::Varint(0) | Self::Four([0, 0, 0, 0])) || self == Self::Eight([0; 8])
    }
}

/// Writes an integer as its type wants; `None` when it does not fit or the type is no number.
pub(super) fn integer(holds: Type, value: i128) -> Option<Wire> {
    let zigzag = |value: i32| u64::from((value.wrapping_shl(1) ^ (value >> 31)).cast_unsigned());
    let signed = |value: i64| Wire::Varint(value.cast_unsigned());
    match holds {
        Type::Enum | Type::Int32 => Some(signed(i32::try_from(value).ok()?.into())),
        Type::Uint32 => Some(Wire::Varint(u32::try_from(value).ok()?.into())),
        Type::Sint32 => Some(Wire::Varint(zigzag(i32::try_from(value).ok()?))),
        Type::Int64 => Some(signed(i64::try_from(value).ok()?)),
        Type::Uint64 => Some(Wire::Varint(u64::try_from(value).ok()?)),
        Type::Fixed32 => Some(Wire::Four(u32::try_from(value).ok()?.to_le_bytes())),
        Type::Fixed64 => Some(Wire::Eight(u64::try_from(value).ok()?.to_le_bytes())),
        Type::Sfixed64 => Some(Wire::Eight(i64::try_from(value).ok()?.to_le_bytes())),
        Type::Double => Some(Wire::Eight((value as f64).to_le_bytes())),
        Type::Bool | Type::String | Type::Id(_) | Type::Base64 | Type::Message(_) => None,
    }
}
