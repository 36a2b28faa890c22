//! Numbers that may be infinite, or none, in JSON, which has no word for those.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Word(Word),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Word {
    #[serde(rename = "inf")]
    Infinite,
    #[serde(rename = "-inf")]
    Least,
    #[serde(rename = "nan")]
    None,
}

pub(crate) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    let written = match *value {
        it if it.is_finite() => Written::Number(it),
        f64::INFINITY => Written::Word(Word::Infinite),
        f64::NEG_INFINITY => Written::Word(Word::Least),
        _ => Written::Word(Word::None),
    };
    written.serialize(to)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(match Written::deserialize(from)? {
        Written::Number(it) => it,
        Written::Word(Word::Infinite) => f64::INFINITY,
        Written::Word(Word::Least) => f64::NEG_INFINITY,
        Written::Word(Word::None) => f64::NAN,
    })
}

#[cfg(test)]
mod tests {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct One(#[serde(with = "super")] f64);

    #[test]
    fn what_is_written_is_read_back() {
        for value in [0.0, -1.5, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let text = serde_json::to_string(&One(value)).unwrap();
            let One(read) = serde_json::from_str(&text).unwrap();
            assert!(read == value || read.is_nan() && value.is_nan(), "{text}");
        }
    }
}
