//! Leaf types of settings: how a duration, a size, a share, an address and a secret are written.
//!
//! Each reads itself from text and refuses with a sentence that says what to write instead.

mod duration;
mod endpoint;
mod path;
mod percent;
mod secret;
mod size;
mod tls;

pub use duration::HumanDuration;
pub use endpoint::Endpoint;
pub use path::FilePath;
pub use percent::Percent;
pub use secret::Secret;
pub use size::ByteSize;
pub use tls::{Pem, TlsVersion};

/// Says why a text is not a value of a leaf type, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(String);

/// Gives a leaf type its serde and schema sides from `FromStr` and `Display`.
macro_rules! text_setting {
    ($type:ident, $description:literal, $pattern:literal, [$($example:literal),+]) => {
        impl TryFrom<String> for $type {
            type Error = super::SettingError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": $description,
                    "pattern": $pattern,
                    "examples": [$($example),+],
                })
            }
        }
    };
}
use text_setting;

#[cfg(test)]
mod tests;
