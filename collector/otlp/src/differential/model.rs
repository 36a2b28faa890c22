//! What both readings are brought to before they are compared. Doubles are compared by their bits.

/// Values of one request.
pub(super) type Model = Vec<Resource>;

pub(super) type Pairs = Vec<(String, Value)>;

#[derive(Debug, PartialEq)]
pub(super) enum Value {
    Empty,
    Str(String),
    Bool(bool),
    Int(i64),
    Double(u64),
    Bytes(Vec<u8>),
    Array(Vec<Value>),
    KvList(Pairs),
}

#[derive(Debug, PartialEq)]
pub(super) struct Resource {
    pub(super) attributes: Pairs,
    pub(super) scopes: Vec<Scope>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Scope {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) attributes: Pairs,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Item {
    Span {
        ids: [Vec<u8>; 3],
        name: String,
        kind: i32,
        times: [u64; 2],
        status: Option<(i32, String)>,
        attributes: Pairs,
    },
    Log {
        ids: [Vec<u8>; 2],
        event_name: String,
        severity: i32,
        times: [u64; 2],
        body: Value,
        attributes: Pairs,
    },
    Metric {
        name: String,
        unit: String,
        data: Option<crate::Data>,
        points: u64,
    },
}
