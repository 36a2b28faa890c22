//! Views of what every signal shares: resources, scopes, attributes and their values.

use crate::message::{Message, MessageFields, Slot, text};
use crate::scan::{self, RawValue};
use crate::wire::Value;

/// Views the resource that sent something.
#[derive(Clone, Debug)]
pub struct Resource<'a>(pub(crate) Message<'a>);

impl<'a> Resource<'a> {
    /// Returns its bytes where they lie; nothing when they lie in several pieces, which nobody
    /// sends.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        self.0.piece()
    }

    /// Returns the attributes, `service.name` among them.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.0.clone(), number: 1 }
    }
}

/// Views the instrumentation scope that made something.
#[derive(Clone, Debug)]
pub struct Scope<'a>(pub(crate) Message<'a>);

impl<'a> Scope<'a> {
    /// Returns the name; empty when absent.
    pub fn name(&self) -> &'a str {
        self.0.string(1)
    }

    /// Returns the version; empty when absent.
    pub fn version(&self) -> &'a str {
        self.0.string(2)
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.0.clone(), number: 3 }
    }
}

/// Views a list of keys and values, in the order in which they were sent.
///
/// OpenTelemetry wants keys to be unique. Where they are not, [`Attributes::get`] finds the first.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    pub(crate) message: Message<'a>,
    pub(crate) number: u32,
}

impl<'a> Attributes<'a> {
    /// Iterates over keys and values.
    pub fn iter(&self) -> AttributesIter<'a> {
        AttributesIter(self.pairs())
    }

    /// Iterates over keys as bytes, with values that are read only when asked for.
    pub fn lazy(
        &self,
    ) -> impl Iterator<Item = (&'a [u8], impl FnOnce() -> AnyValue<'a> + use<'a>)> + use<'a> {
        self.pairs().map(|pair| (pair.key, move || pair.value()))
    }

    /// Iterates over keys as bytes, with values left where they lie.
    pub fn raw(&self) -> impl Iterator<Item = (&'a [u8], RawValue<'a>)> + use<'a> {
        let number = self.number;
        self.message.fields().filter_map(move |field| match field.value {
            Value::Bytes(bytes) if field.number == number => Some(scan::pair(bytes)),
            _ => None,
        })
    }

    /// Returns the value of the first attribute with this key.
    pub fn get(&self, key: &str) -> Option<AnyValue<'a>> {
        self.pairs().find(|pair| pair.key == key.as_bytes()).map(|pair| pair.value())
    }

    /// Returns the values of several keys in one walk, in the order of the keys.
    pub fn get_all<const N: usize>(&self, keys: [&str; N]) -> [Option<AnyValue<'a>>; N] {
        let mut found = [const { None }; N];
        for pair in self.pairs() {
            for (key, slot) in keys.iter().zip(&mut found) {
                if slot.is_none() && pair.key == key.as_bytes() {
                    *slot = Some(pair.value());
                }
            }
        }
        found
    }

    fn pairs(&self) -> Pairs<'a> {
        Pairs { fields: self.message.fields(), number: self.number }
    }
}

impl<'a> IntoIterator for Attributes<'a> {
    type Item = (&'a str, AnyValue<'a>);
    type IntoIter = AttributesIter<'a>;

    fn into_iter(self) -> AttributesIter<'a> {
        self.iter()
    }
}

/// Iterates over keys and values.
#[derive(Clone, Debug)]
pub struct AttributesIter<'a>(Pairs<'a>);

impl<'a> Iterator for AttributesIter<'a> {
    type Item = (&'a str, AnyValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let pair = self.0.next()?;
        Some((text(Value::Bytes(pair.key)), pair.value()))
    }
}

#[derive(Clone, Debug)]
struct Pairs<'a> {
    fields: MessageFields<'a>,
    number: u32,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        let number = self.number;
        self.fields.find_map(|field| match field.value {
            Value::Bytes(bytes) if field.number == number => Some(Pair::read(bytes)),
            _ => None,
        })
    }
}

/// Holds a key and where its value lies; looking for a key reads no value.
pub(crate) struct Pair<'a> {
    pub(crate) key: &'a [u8],
    value: Option<Message<'a>>,
}

impl<'a> Pair<'a> {
    #[inline]
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        match Self::plain(bytes) {
            Some((key, value)) => Self { key, value: Some(Message::of(value)) },
            None => Self::any(bytes),
        }
    }

    /// Finds key and value where they lie as nearly every sender writes them: the key, then the
    /// value, each shorter than 128 bytes, and nothing else.
    #[inline(always)]
    pub(crate) fn plain(bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let [0x0a, length @ ..0x80, rest @ ..] = bytes else { return None };
        let (key, rest) = rest.split_at_checked(usize::from(*length))?;
        let [0x12, length @ ..0x80, value @ ..] = rest else { return None };
        (value.len() == usize::from(*length)).then_some((key, value))
    }

    fn any(bytes: &'a [u8]) -> Self {
        let message = Message::of(bytes);
        let (mut key, mut value) = (&[][..], Slot::default());
        for (index, field) in message.fields().enumerate() {
            match (field.number, field.value) {
                (1, Value::Bytes(bytes)) => key = bytes,
                (2, Value::Bytes(bytes)) => value.add(index, bytes),
                _ => {}
            }
        }
        Self { key, value: value.message(&message, 2) }
    }

    pub(crate) fn value(&self) -> AnyValue<'a> {
        self.value.as_ref().map_or(AnyValue::Empty, AnyValue::read)
    }
}

/// Holds the value of an attribute or the body of a log record.
#[derive(Clone, Debug)]
pub enum AnyValue<'a> {
    /// No value, or one of a kind that traces, metrics and logs do not use.
    Empty,
    /// A string.
    Str(&'a str),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list of values.
    Array(Array<'a>),
    /// A list of keys and values.
    KvList(Attributes<'a>),
}

impl<'a> AnyValue<'a> {
    pub(crate) fn read(message: &Message<'a>) -> Self {
        let mut value = AnyValue::Empty;
        let (mut list, mut list_number) = (Slot::default(), 0);
        for (index, field) in message.fields().enumerate() {
            match (field.number, field.value) {
                (1, bytes) => value = AnyValue::Str(text(bytes)),
                (2, Value::Varint(bits)) => value = AnyValue::Bool(bits != 0),
                (3, Value::Varint(bits)) => value = AnyValue::Int(bits.cast_signed()),
                (4, Value::Fixed64(bits)) => value = AnyValue::Double(f64::from_bits(bits)),
                (7, Value::Bytes(bytes)) => value = AnyValue::Bytes(bytes),
                (8, Value::Varint(_)) => value = AnyValue::Empty,
                (number @ (5 | 6), Value::Bytes(bytes)) => {
                    // Lists merge with one of their own kind that was not replaced since.
                    if number != list_number {
                        list = Slot::default();
                    }
                    list.add(index, bytes);
                    list_number = number;
                    continue;
                }
                _ => continue,
            }
            list_number = 0;
        }
        match (list_number, list.message(message, list_number)) {
            (5, Some(message)) => AnyValue::Array(Array(message)),
            (6, Some(message)) => AnyValue::KvList(Attributes { message, number: 1 }),
            _ => value,
        }
    }

    /// Returns the string, if it is one.
    pub fn as_str(&self) -> Option<&'a str> {
        if let Self::Str(value) = self { Some(value) } else { None }
    }

    /// Returns the integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// Returns the floating-point number, if it is one.
    pub fn as_double(&self) -> Option<f64> {
        if let Self::Double(value) = self { Some(*value) } else { None }
    }

    /// Returns the truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// Returns the list, if it is one.
    pub fn as_array(&self) -> Option<&Array<'a>> {
        if let Self::Array(value) = self { Some(value) } else { None }
    }
}

/// Views a list of values.
#[derive(Clone, Debug)]
pub struct Array<'a>(Message<'a>);

impl<'a> Array<'a> {
    /// Iterates over the values.
    pub fn iter(&self) -> impl Iterator<Item = AnyValue<'a>> + use<'a> {
        self.0.repeated(1).map(|message| AnyValue::read(&message))
    }
}
