//! Reads JSON with serde and writes protobuf as it goes.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::scalar::{self, Wire};
use super::schema::{ANY_VALUE, Field, How, Schema, Type};
use super::writer::{Place, Writer};

/// Reads an object as the fields of a message.
pub(super) struct Message<'w> {
    pub(super) schema: &'static Schema,
    pub(super) out: &'w mut Writer,
}

impl Message<'_> {
    fn read<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { schema, out } = self;
        let mut seen = 0_u32;
        while let Some(known) = map.next_key_seed(Key(schema))? {
            let Some(field) = known else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let place = Place { message: schema.name, key: field.name };
            let bit = 1_u32.checked_shl(field.number).unwrap_or(0);
            if seen & bit != 0 {
                out.fail_in(place);
                return Err(A::Error::custom("the key stands twice"));
            }
            seen |= bit;
            let value = Value { field, out: &mut *out, element: false };
            if let Err(error) = map.next_value_seed(value) {
                out.fail_in(place);
                return Err(error);
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Message<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

/// Answers for a request that is no object, without quoting it.
macro_rules! refuse {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E: Error>(self, _: $type) -> Result<(), E> {
            Err(E::custom("expected an object"))
        })*
    };
}

impl<'de> Visitor<'de> for Message<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.read(map)
    }

    refuse!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

/// Finds the field that a key means.
struct Key(&'static Schema);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<&'static Field>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<&'static Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.fields.iter().find(|field| field.name == key))
    }
}

/// Reads the value of a field, or one of its elements.
struct Value<'w> {
    field: &'static Field,
    out: &'w mut Writer,
    element: bool,
}

impl Value<'_> {
    /// Says what should have been there; never quotes what was.
    fn wrong<E: Error>(&self) -> E {
        if self.field.how == How::Repeated && !self.element {
            return E::custom("expected an array");
        }
        match self.field.holds {
            Type::Bool => E::custom("expected true or false"),
            Type::Enum => E::custom("expected an integer; names of enumerations are not OTLP"),
            Type::Uint32 | Type::Fixed32 => E::custom("expected an integer of 0 to 2^32 - 1"),
            Type::Int32 | Type::Sint32 => E::custom("expected an integer of 32 bits"),
            Type::Int64 | Type::Sfixed64 => E::custom("expected an integer of 64 bits"),
            Type::Uint64 | Type::Fixed64 => E::custom("expected an integer of 0 to 2^64 - 1"),
            Type::Double => E::custom("expected a number"),
            Type::String => E::custom("expected a string"),
            Type::Id(bytes) => E::custom(format_args!("expected {} hex digits", 2 * bytes)),
            Type::Base64 => E::custom("expected base64"),
            Type::Message(_) => E::custom("expected an object"),
        }
    }

    /// Says whether one value is wanted here, not an array of them.
    fn wants_one(&self) -> bool {
        self.field.how != How::Repeated || self.element
    }

    fn number<E: Error>(self, wire: Option<Wire>) -> Result<(), E> {
        let Some(wire) = wire.filter(|_| self.wants_one()) else { return Err(self.wrong()) };
        match self.field.how {
            How::Default if wire.is_default() => return Ok(()),
            How::Default | How::Present => self.out.key(self.field.number, wire.wire_type()),
            How::Repeated => {}
        }
        match wire {
            Wire::Varint(value) => self.out.varint(value),
            Wire::Four(bytes) => self.out.raw(&bytes),
            Wire::Eight(bytes) => self.out.raw(&bytes),
        }
        Ok(())
    }

    fn bytes<E: Error>(self, bytes: Option<&[u8]>) -> Result<(), E> {
        let Some(bytes) = bytes.filter(|_| self.wants_one()) else { return Err(self.wrong()) };
        if self.field.how != How::Default || !bytes.is_empty() {
            self.out.delimited(self.field.number, bytes);
        }
        Ok(())
    }

    fn integer<E: Error>(self, value: i128) -> Result<(), E> {
        let wire = scalar::integer(self.field.holds, value);
        self.number(wire)
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        match self.field.holds {
            _ if !self.element => Ok(()),
            // An attribute may hold a list of which one is nothing; it keeps its place.
            Type::Message(schema) if std::ptr::eq(schema, &ANY_VALUE) => self.bytes(Some(&[])),
            _ => Err(E::custom("null in a list")),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        let is_bool = matches!(self.field.holds, Type::Bool);
        self.number(is_bool.then_some(Wire::Varint(value.into())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.integer(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.integer(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if matches!(self.field.holds, Type::Double) {
            return self.number(Some(Wire::Eight(value.to_le_bytes())));
        }
        match scalar::integral(value) {
            Some(value) => self.integer(value),
            None => Err(self.wrong()),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.field.holds {
            Type::String => self.bytes(Some(text.as_bytes())),
            Type::Id(length) => {
                let id = scalar::hex(text).filter(|id| id.is_empty() || id.len() == length);
                self.bytes(id.as_deref())
            }
            Type::Base64 => self.bytes(scalar::base64(text).as_deref()),
            Type::Double => {
                let value = scalar::double(text);
                self.number(value.map(|value| Wire::Eight(value.to_le_bytes())))
            }
            Type::Enum | Type::Bool | Type::Message(_) => Err(self.wrong()),
            _ => match text.parse() {
                Ok(value) => self.integer(value),
                Err(_) => Err(self.wrong()),
            },
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Type::Message(schema) = self.field.holds else { return Err(self.wrong()) };
        if !self.wants_one() {
            return Err(self.wrong());
        }
        self.out.nested(self.field.number, |out| Message { schema, out }.read(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        let Self { field, out, element } = self;
        if element || field.how != How::Repeated {
            return Err(Self { field, out, element }.wrong());
        }
        match field.holds {
            Type::String | Type::Id(_) | Type::Base64 | Type::Message(_) => {
                elements(field, out, seq)
            }
            _ => out.nested(field.number, |out| elements(field, out, seq)),
        }
    }
}

fn elements<'de, A: SeqAccess<'de>>(
    field: &'static Field,
    out: &mut Writer,
    mut seq: A,
) -> Result<(), A::Error> {
    while seq.next_element_seed(Value { field, out: &mut *out, element: true })?.is_some() {
        if out.is_full() {
            return Err(A::Error::custom("too large"));
        }
    }
    Ok(())
}
