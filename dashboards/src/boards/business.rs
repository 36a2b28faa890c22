//! What an outage costs, for those who answer for it.

use bellwether_proto::metrics::{
    BUSINESS_CUSTOMERS_AFFECTED, BUSINESS_HEALTH_SCORE, BUSINESS_REVENUE_AT_RISK,
    BUSINESS_REVENUE_LOST, COMPONENT_HEALTH,
};
use bellwether_proto::semconv::{
    BUSINESS_COMPONENT, BUSINESS_CURRENCY, BUSINESS_CUSTOMER, BUSINESS_OPPORTUNITY, INCIDENT_ID,
};

use super::panel;
use crate::board::Good::{High, Zero};
use crate::board::Shape::{Lines, Number, States};
use crate::board::{Board, Of, Query, Row, Source};

pub(super) fn board() -> Board {
    let at_risk = || Query::new(Of::Sum, &BUSINESS_REVENUE_AT_RISK);
    Board {
        id: "bellwether-business",
        title: "Bellwether: business",
        about: "What is at risk and what was lost, for whom, and how healthy the product is.",
        from: Source::Collector,
        rows: vec![
            Row {
                title: "Now",
                panels: vec![
                    panel(
                        "Revenue at risk",
                        "Opportunities whose components are out, each counted once, and what is lost within the horizon of the catalog.",
                        Number(Zero),
                        3,
                        at_risk().by(&[BUSINESS_CURRENCY]),
                    ),
                    panel(
                        "Lost in open incidents",
                        "Revenue lost so far, by measured share of failing requests where there is one.",
                        Number(Zero),
                        3,
                        Query::new(Of::Sum, &BUSINESS_REVENUE_LOST).by(&[BUSINESS_CURRENCY]),
                    ),
                    panel(
                        "Health score",
                        "100 while every component is operational, weighted by criticality.",
                        Number(High),
                        3,
                        Query::new(Of::Min, &BUSINESS_HEALTH_SCORE),
                    ),
                    panel(
                        "Customers affected",
                        "Of the incident that affects most; customers of several incidents are not added up.",
                        Number(Zero),
                        3,
                        Query::new(Of::Max, &BUSINESS_CUSTOMERS_AFFECTED),
                    ),
                ],
            },
            Row {
                title: "What is at risk",
                panels: vec![
                    panel(
                        "Revenue at risk by opportunity",
                        "An opportunity without a name is expected loss of components, for which no single deal stands.",
                        Lines,
                        6,
                        at_risk().by(&[BUSINESS_OPPORTUNITY, BUSINESS_CURRENCY]),
                    ),
                    panel(
                        "Revenue at risk by customer",
                        "Only opportunities have a customer.",
                        Lines,
                        6,
                        at_risk().by(&[BUSINESS_CUSTOMER, BUSINESS_CURRENCY]),
                    ),
                    panel(
                        "Lost in open incidents, by component",
                        "It returns to zero when the incident is resolved; what was lost in all stands in the report.",
                        Lines,
                        6,
                        Query::new(Of::Sum, &BUSINESS_REVENUE_LOST)
                            .by(&[BUSINESS_COMPONENT, BUSINESS_CURRENCY]),
                    ),
                    panel(
                        "Customers affected, by incident",
                        "Exact up to ten thousand, within three in a hundred beyond.",
                        Lines,
                        6,
                        Query::new(Of::Max, &BUSINESS_CUSTOMERS_AFFECTED).by(&[INCIDENT_ID]),
                    ),
                ],
            },
            Row {
                title: "How it came",
                panels: vec![
                    panel(
                        "Components",
                        "States over time, with what each component depends on.",
                        States,
                        12,
                        Query::new(Of::Max, &COMPONENT_HEALTH).by(&[BUSINESS_COMPONENT]),
                    ),
                    panel(
                        "Health score over time",
                        "100 while every component is operational.",
                        Lines,
                        12,
                        Query::new(Of::Min, &BUSINESS_HEALTH_SCORE),
                    ),
                ],
            },
        ],
    }
}
