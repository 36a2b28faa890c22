//! What is unwell and how well it is noticed, for those who are on duty.

use bellwether_proto::metrics::{
    COLLECTOR_DESTINATION_DROPPED_REQUESTS, COLLECTOR_DESTINATION_FAILING_DURATION,
    COLLECTOR_DESTINATION_HEALTHY, COLLECTOR_DESTINATION_QUEUED_AGE,
    COLLECTOR_DESTINATION_SENT_REQUESTS, COLLECTOR_READY, COMPONENT_HEALTH, HEALTH_ALERTS,
    HEALTH_DETECTION_DELAY,
};
use bellwether_proto::semconv::{
    BUSINESS_COMPONENT, COMPONENT_STATE, DESTINATION, REASON, RULE_ID, SERVICE_CRITICALITY, STREAM,
    stream,
};

use super::panel;
use crate::board::Good::{One, Zero};
use crate::board::Shape::{Lines, Number, States};
use crate::board::{Board, Of, Query, Row, Source};

pub(super) fn board() -> Board {
    Board {
        id: "bellwether-operations",
        title: "Bellwether: operations",
        about: "What is unwell, what fires, how fast it was found, and whether messages arrive.",
        from: Source::Collector,
        rows: vec![
            Row {
                title: "Now",
                panels: vec![
                    panel(
                        "Collector ready",
                        "0 is blindness: nothing below can be believed.",
                        Number(One),
                        3,
                        Query::new(Of::Min, &COLLECTOR_READY),
                    ),
                    panel(
                        "Alerts that fire",
                        "Over all rules; several of one cause are one incident.",
                        Number(Zero),
                        3,
                        Query::new(Of::Sum, &HEALTH_ALERTS),
                    ),
                    panel(
                        "Worst component",
                        "0 operational, 1 degraded, 2 partial outage, 3 major outage; below 0 unknown or under maintenance.",
                        Number(Zero),
                        3,
                        Query::new(Of::Max, &COMPONENT_HEALTH),
                    ),
                    panel(
                        "Destinations, the worst",
                        "0 while one of them does not take what it is sent.",
                        Number(One),
                        3,
                        Query::new(Of::Min, &COLLECTOR_DESTINATION_HEALTHY),
                    ),
                ],
            },
            Row {
                title: "Components and rules",
                panels: vec![
                    panel(
                        "Components",
                        "States over time, by criticality.",
                        States,
                        12,
                        Query::new(Of::Max, &COMPONENT_HEALTH)
                            .by(&[SERVICE_CRITICALITY, BUSINESS_COMPONENT]),
                    ),
                    panel(
                        "Alerts by rule",
                        "With the state that the rule gives its component.",
                        Lines,
                        6,
                        Query::new(Of::Sum, &HEALTH_ALERTS).by(&[RULE_ID, COMPONENT_STATE]),
                    ),
                    panel(
                        "Time to detect",
                        "Mean, from a fault's first evidence to the alert.",
                        Lines,
                        6,
                        Query::new(Of::MeanOfRare, &HEALTH_DETECTION_DELAY).by(&[RULE_ID]),
                    ),
                ],
            },
            Row {
                title: "Messages",
                panels: vec![
                    panel(
                        "Messages that arrived, a second",
                        "Taken by the vendor.",
                        Lines,
                        6,
                        Query::new(Of::PerSecond, &COLLECTOR_DESTINATION_SENT_REQUESTS)
                            .by(&[DESTINATION])
                            .only(STREAM, stream::NOTICES),
                    ),
                    panel(
                        "Oldest message that waits",
                        "Seconds; 0 while none does.",
                        Lines,
                        6,
                        Query::new(Of::Max, &COLLECTOR_DESTINATION_QUEUED_AGE)
                            .by(&[DESTINATION])
                            .only(STREAM, stream::NOTICES),
                    ),
                    panel(
                        "Given up, a second",
                        "Messages and requests that were dropped, with the reason. Nothing here is good news.",
                        Lines,
                        6,
                        Query::new(Of::PerSecond, &COLLECTOR_DESTINATION_DROPPED_REQUESTS)
                            .by(&[DESTINATION, REASON]),
                    ),
                    panel(
                        "Destinations that fail",
                        "For how long each does not take what it is sent.",
                        Lines,
                        6,
                        Query::new(Of::Max, &COLLECTOR_DESTINATION_FAILING_DURATION)
                            .by(&[DESTINATION]),
                    ),
                ],
            },
        ],
    }
}
