//! What is sent with an act: a JSON object, and nothing else.

use std::fmt;
use std::marker::PhantomData;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::error::ApiError;

/// What was sent, or why it cannot be read.
pub(crate) type Sent<T> = Result<Json<Object<T>>, JsonRejection>;

/// Returns what was sent.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn read<T>(body: Sent<T>) -> Result<T, ApiError> {
    Ok(body?.0.0)
}

/// A JSON object. serde alone would take an array for a struct, too, field by field.
#[derive(Debug)]
pub(crate) struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}
