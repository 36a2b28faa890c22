//! The collector itself, for those who run it.

use bellwether_proto::metrics::{
    COLLECTOR_CONFIGURATION_REFUSED, COLLECTOR_DESTINATION_QUEUED_AGE,
    COLLECTOR_DESTINATION_QUEUED_SIZE, COLLECTOR_DESTINATION_SENT_ITEMS,
    COLLECTOR_FILE_DESCRIPTORS, COLLECTOR_RECEIVER_ACCEPTED_ITEMS,
    COLLECTOR_RECEIVER_ACCEPTED_SIZE, COLLECTOR_RECEIVER_IN_FLIGHT_SIZE,
    COLLECTOR_RECEIVER_REFUSED_REQUESTS, COLLECTOR_STORE_DURATION, COLLECTOR_STORE_FAILING,
    HEALTH_EVALUATION_DURATION, HEALTH_RULE_EVALUATIONS, PROCESS_CPU_TIME, PROCESS_MEMORY_USAGE,
    PROCESS_UPTIME,
};
use bellwether_proto::semconv::{CPU_MODE, DESTINATION, REASON, RECEIVER, SIGNAL, STREAM};

use super::panel;
use crate::board::Good::{Any, Zero};
use crate::board::Shape::{Lines, Number};
use crate::board::{Board, Of, Panel, Query, Row, Source};

pub(super) fn board() -> Board {
    Board {
        id: "bellwether-collector",
        title: "Bellwether: collector",
        about: "What the collector takes and sends, what waits, and what it needs for that.",
        from: Source::Collector,
        rows: vec![
            Row { title: "Now", panels: now() },
            Row { title: "In", panels: taken() },
            Row { title: "Out", panels: sent() },
            Row { title: "The process", panels: process() },
        ],
    }
}

fn now() -> Vec<Panel> {
    vec![
        panel(
            "Runs for",
            "Since its last start.",
            Number(Any),
            3,
            Query::new(Of::Min, &PROCESS_UPTIME),
        ),
        panel(
            "Memory",
            "Physical memory of the process.",
            Number(Any),
            3,
            Query::new(Of::Sum, &PROCESS_MEMORY_USAGE),
        ),
        panel(
            "Configuration refused",
            "1 while the file on disk has mistakes and an older one is in force.",
            Number(Zero),
            3,
            Query::new(Of::Max, &COLLECTOR_CONFIGURATION_REFUSED),
        ),
        panel(
            "History fails",
            "1 while the newest change could not be stored.",
            Number(Zero),
            3,
            Query::new(Of::Max, &COLLECTOR_STORE_FAILING),
        ),
    ]
}

fn taken() -> Vec<Panel> {
    let by = &[RECEIVER, SIGNAL];
    vec![
        panel(
            "Items taken, a second",
            "Spans, points and log records that were acknowledged.",
            Lines,
            6,
            Query::new(Of::PerSecond, &COLLECTOR_RECEIVER_ACCEPTED_ITEMS).by(by),
        ),
        panel(
            "Bytes taken, a second",
            "Decompressed.",
            Lines,
            6,
            Query::new(Of::PerSecond, &COLLECTOR_RECEIVER_ACCEPTED_SIZE).by(by),
        ),
        panel(
            "Requests not taken, a second",
            "By reason; senders try again after those that mean overload.",
            Lines,
            6,
            Query::new(Of::PerSecond, &COLLECTOR_RECEIVER_REFUSED_REQUESTS)
                .by(&[RECEIVER, SIGNAL, REASON]),
        ),
        panel(
            "Memory that requests hold",
            "Bounded; at the bound, senders are asked to come again.",
            Lines,
            6,
            Query::new(Of::Max, &COLLECTOR_RECEIVER_IN_FLIGHT_SIZE).by(&[RECEIVER]),
        ),
    ]
}

fn sent() -> Vec<Panel> {
    let by = &[DESTINATION, STREAM];
    vec![
        panel(
            "Items sent, a second",
            "Taken by the destination.",
            Lines,
            12,
            Query::new(Of::PerSecond, &COLLECTOR_DESTINATION_SENT_ITEMS).by(by),
        ),
        panel(
            "Queues, bytes",
            "What waits for each destination.",
            Lines,
            6,
            Query::new(Of::Sum, &COLLECTOR_DESTINATION_QUEUED_SIZE).by(by),
        ),
        panel(
            "Queues, age",
            "For how long the oldest request waits.",
            Lines,
            6,
            Query::new(Of::Max, &COLLECTOR_DESTINATION_QUEUED_AGE).by(by),
        ),
    ]
}

fn process() -> Vec<Panel> {
    vec![
        panel(
            "CPU",
            "Cores that are busy with it.",
            Lines,
            6,
            Query::new(Of::PerSecond, &PROCESS_CPU_TIME).by(&[CPU_MODE]),
        ),
        panel(
            "Memory over time",
            "Physical memory of the process.",
            Lines,
            6,
            Query::new(Of::Sum, &PROCESS_MEMORY_USAGE),
        ),
        panel(
            "An evaluation of all rules takes",
            "Seconds, mean.",
            Lines,
            6,
            Query::new(Of::Mean, &HEALTH_EVALUATION_DURATION),
        ),
        panel(
            "Storing what it changed takes",
            "Seconds, mean.",
            Lines,
            6,
            Query::new(Of::Mean, &COLLECTOR_STORE_DURATION),
        ),
        panel(
            "Evaluations of rules, a second",
            "Over all rules.",
            Lines,
            6,
            Query::new(Of::PerSecond, &HEALTH_RULE_EVALUATIONS),
        ),
        panel(
            "Open file descriptors",
            "Sockets and files.",
            Lines,
            6,
            Query::new(Of::Sum, &COLLECTOR_FILE_DESCRIPTORS),
        ),
    ]
}
