//! What services with the library tell about themselves, for those who build them.

use bellwether_proto::metrics::{
    BUSINESS_OPERATION_DURATION, MONITOR_STATUS, STARTUP_CHECK_DURATION,
};
use bellwether_proto::semconv::{
    BUSINESS_COMPONENT, BUSINESS_CUSTOMER, BUSINESS_OUTCOME, MONITOR_NAME, STARTUP_CHECK_NAME,
    STARTUP_CHECK_OUTCOME,
};

use super::panel;
use crate::board::Good::One;
use crate::board::Shape::{Lines, Number};
use crate::board::{Board, Of, Query, Row, Source};

pub(super) fn board() -> Board {
    let operations = |of| Query::new(of, &BUSINESS_OPERATION_DURATION);
    Board {
        id: "bellwether-services",
        title: "Bellwether: services",
        about: "Operations by component and customer, monitors and startup checks, as services tell them.",
        from: Source::Services,
        rows: vec![
            Row {
                title: "Operations",
                panels: vec![
                    panel(
                        "Operations a second, by outcome",
                        "Of all components.",
                        Lines,
                        6,
                        operations(Of::Count).by(&[BUSINESS_COMPONENT, BUSINESS_OUTCOME]),
                    ),
                    panel(
                        "Duration, mean",
                        "Seconds, by component.",
                        Lines,
                        6,
                        operations(Of::Mean).by(&[BUSINESS_COMPONENT]),
                    ),
                    panel(
                        "Operations a second, by customer",
                        "Customers of the catalog; others are `other`.",
                        Lines,
                        12,
                        operations(Of::Count).by(&[BUSINESS_CUSTOMER]),
                    ),
                ],
            },
            Row {
                title: "What services check themselves",
                panels: vec![
                    panel(
                        "Monitors, the worst",
                        "0 while one of them fails.",
                        Number(One),
                        3,
                        Query::new(Of::Min, &MONITOR_STATUS),
                    ),
                    panel(
                        "Monitors",
                        "1 well, 0 failing.",
                        Lines,
                        9,
                        Query::new(Of::Min, &MONITOR_STATUS)
                            .by(&[BUSINESS_COMPONENT, MONITOR_NAME]),
                    ),
                    panel(
                        "Startup checks, how long they took",
                        "Seconds, mean, by check and outcome; a point for each start.",
                        Lines,
                        12,
                        Query::new(Of::MeanOfRare, &STARTUP_CHECK_DURATION)
                            .by(&[STARTUP_CHECK_NAME, STARTUP_CHECK_OUTCOME]),
                    ),
                ],
            },
        ],
    }
}
