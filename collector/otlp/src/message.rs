//! A message as protobuf means it: the fields of all its parts, in order.

use crate::numbers::{Fixed64s, Varints};
use crate::wire::{Field, Fields, Value};

/// Reads one message.
///
/// Protobuf allows a singular sub-message to occur several times; then its parts merge, which is
/// the same as if their bytes followed each other. Nobody sends that, but whoever does gets the
/// same answer from us as from a full decoder: the parts are found again where they lie.
#[derive(Clone, Debug)]
pub(crate) struct Message<'a> {
    head: &'a [u8],
    more: Option<Box<More<'a>>>,
}

/// Finds the further parts of a message among the fields after its first one.
#[derive(Clone, Debug)]
struct More<'a> {
    number: u32,
    siblings: MessageFields<'a>,
}

impl<'a> Message<'a> {
    /// Reads a message that lies in one piece.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self { head: bytes, more: None }
    }

    /// Returns the bytes of a message that lies in one piece.
    pub(crate) fn piece(&self) -> Option<&'a [u8]> {
        self.more.is_none().then_some(self.head)
    }

    /// Iterates over the fields; ends at the first fault, which validated bytes do not have.
    pub(crate) fn fields(&self) -> MessageFields<'a> {
        MessageFields { scan: Fields::new(self.head), more: self.more.clone() }
    }

    /// Iterates over the messages of a repeated field.
    pub(crate) fn repeated(&self, number: u32) -> impl Iterator<Item = Message<'a>> + use<'a> {
        self.fields().filter_map(move |field| match field.value {
            Value::Bytes(bytes) if field.number == number => Some(Message::of(bytes)),
            _ => None,
        })
    }

    /// Returns the message of a singular field; an absent one reads as empty.
    pub(crate) fn singular(&self, number: u32) -> Option<Message<'a>> {
        let mut slot = Slot::default();
        for (index, field) in self.fields().enumerate() {
            if let Value::Bytes(bytes) = field.value
                && field.number == number
            {
                slot.add(index, bytes);
            }
        }
        slot.message(self, number)
    }

    /// Returns the last value of a string field; empty when absent.
    pub(crate) fn string(&self, number: u32) -> &'a str {
        text(Value::Bytes(self.bytes(number)))
    }

    /// Returns the last value of a field of bytes; empty when absent.
    pub(crate) fn bytes(&self, number: u32) -> &'a [u8] {
        let found = self.fields().filter_map(|field| match field.value {
            Value::Bytes(bytes) if field.number == number => Some(bytes),
            _ => None,
        });
        found.last().unwrap_or_default()
    }

    /// Returns the last value of a field of eight bytes; 0 when absent.
    pub(crate) fn fixed64(&self, number: u32) -> u64 {
        let found = self.fields().filter_map(|field| match field.value {
            Value::Fixed64(bits) if field.number == number => Some(bits),
            _ => None,
        });
        found.last().unwrap_or_default()
    }

    /// Returns the last value of an integer field; 0 when absent.
    pub(crate) fn varint(&self, number: u32) -> u64 {
        let integers = self.fields().filter_map(|field| match field.value {
            Value::Varint(bits) if field.number == number => Some(bits),
            _ => None,
        });
        integers.last().unwrap_or_default()
    }

    /// Iterates over the numbers of a repeated field of eight bytes each.
    pub(crate) fn fixed64s(&self, number: u32) -> Fixed64s<'a> {
        Fixed64s { fields: self.fields(), number, packed: &[] }
    }

    /// Iterates over the numbers of a repeated field of variable length.
    pub(crate) fn varints(&self, number: u32) -> Varints<'a> {
        Varints { fields: self.fields(), number, packed: &[] }
    }
}

/// Iterates over the fields of all parts of a message.
#[derive(Clone, Debug)]
pub(crate) struct MessageFields<'a> {
    scan: Fields<'a>,
    more: Option<Box<More<'a>>>,
}

impl<'a> Iterator for MessageFields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            if let Some(Ok(field)) = self.scan.next() {
                return Some(field);
            }
            let More { number, siblings } = self.more.as_deref_mut()?;
            let part = siblings.find_map(|field| match field.value {
                Value::Bytes(bytes) if field.number == *number => Some(bytes),
                _ => None,
            });
            self.scan = Fields::new(part?);
        }
    }
}

/// Collects a singular sub-message while its parent's fields are read.
#[derive(Debug, Default)]
pub(crate) struct Slot<'a> {
    first: Option<(usize, &'a [u8])>,
    again: bool,
}

impl<'a> Slot<'a> {
    /// Notes an occurrence, which is the parent's field number `index` counted from 0.
    pub(crate) fn add(&mut self, index: usize, bytes: &'a [u8]) {
        match self.first {
            None => self.first = Some((index, bytes)),
            Some(_) => self.again = true,
        }
    }

    /// Returns the message, with all its parts, given the parent that it was read from.
    pub(crate) fn message(self, parent: &Message<'a>, number: u32) -> Option<Message<'a>> {
        let (index, head) = self.first?;
        let more = self.again.then(|| {
            let mut siblings = parent.fields();
            siblings.nth(index);
            Box::new(More { number, siblings })
        });
        Some(Message { head, more })
    }
}

/// Returns a string value; empty for anything else, which validated bytes do not have.
pub(crate) fn text(value: Value<'_>) -> &str {
    match value {
        Value::Bytes(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        _ => "",
    }
}
