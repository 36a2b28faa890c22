//! Decides who is told what. Never speaks: what it returns goes into the outbox.
//!
//! One file for each concern: `routing`, `grouping`, `suppression`, `silences`,
//! `escalation`, `calendar`; `dispatch` puts them together for each incident.

mod announcements;
mod audit;
mod calendar;
mod deployments;
mod desk;
mod dispatch;
mod escalation;
mod grouping;
mod ledger;
mod notices;
mod policy;
mod recipient;
mod routing;
mod silences;
mod suppression;
mod waking;
mod when;

pub use audit::{Books, Finding, What};
pub use desk::{Decision, Desk, Standing, amend};
pub use dispatch::{Escalation, Stands, StepStand};
pub use notices::Follower;
pub use policy::{
    Alerting, Channel, Policy, RawInterval, RawRoute, RawSilence, RawStep, RawWindow, Weekday,
};
pub use recipient::Recipient;
pub use waking::Waking;
