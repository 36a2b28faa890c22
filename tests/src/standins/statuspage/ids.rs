//! Opaque ids of twelve characters, as Statuspage has them.

use uuid::Uuid;

const DIGITS: [char; 36] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i',
    'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
];

/// Makes an id that nobody can guess.
pub(super) fn random() -> String {
    spell(Uuid::new_v4().as_u128())
}

/// Derives an id from a name, so that a configuration can be written beforehand.
pub(super) fn of_name(name: &str) -> String {
    // FNV-1a in 128 bits.
    let hash = name.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
    });
    spell(hash)
}

fn spell(mut number: u128) -> String {
    let mut id = String::new();
    for _ in 0..12 {
        let digit = usize::try_from(number % 36).unwrap_or(0);
        id.extend(DIGITS.get(digit));
        number /= 36;
    }
    id
}
