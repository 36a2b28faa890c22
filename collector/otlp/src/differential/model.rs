//! What both readings are brought to before they are compared. Doubles are compared by their
//! bits.

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
        status: (i32, String),
        attributes: Pairs,
        /// Name, time, attributes.
        events: Vec<(String, u64, Pairs)>,
        /// Ids, attributes.
        links: Vec<([Vec<u8>; 2], Pairs)>,
    },
    Log {
        ids: [Vec<u8>; 2],
        event_name: String,
        severity: (i32, String),
        times: [u64; 2],
        body: Value,
        attributes: Pairs,
    },
    Metric {
        name: String,
        unit: String,
        data: Option<Data>,
    },
}

#[derive(Debug, PartialEq)]
pub(super) struct Data {
    /// The field that carries it.
    pub(super) kind: u32,
    /// 0 where there is none.
    pub(super) temporality: i32,
    pub(super) monotonic: bool,
    pub(super) points: Vec<Point>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Point {
    pub(super) times: [u64; 2],
    pub(super) flags: u32,
    pub(super) attributes: Pairs,
    pub(super) holds: Holds,
}

#[derive(Debug, PartialEq)]
pub(super) enum Holds {
    Nothing,
    Int(i64),
    Double(u64),
    Histogram {
        count: u64,
        /// Sum, least, greatest.
        stats: [Option<u64>; 3],
        counts: Vec<u64>,
        bounds: Vec<u64>,
    },
    Exponential {
        count: u64,
        stats: [Option<u64>; 3],
        scale: i32,
        zero: (u64, u64),
        /// Positive, negative.
        buckets: [(i32, Vec<u64>); 2],
    },
    Summary {
        count: u64,
        sum: u64,
        quantiles: Vec<[u64; 2]>,
    },
}
