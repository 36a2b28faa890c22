//! How each kind of record lies in its table: what it is found by, and the rest as JSON.

use bellwether_core::access::AuditEntry;
use bellwether_core::alert::{Alert, AlertKey, AlertLife};
use bellwether_core::facts::{InstanceRecord, ServiceRecord, Source};
use bellwether_core::impact::{Loss, RiskSpan};
use bellwether_core::incident::Incident;
use bellwether_core::ruling::Ruling;
use bellwether_core::store::{ComponentStatus, Transition};
use bellwether_core::time::Timestamp;

use crate::error::unwritable;
use crate::sql::Value;

/// Writes what telemetry says as a key. Two keys stay two where a NUL, which a text of
/// PostgreSQL cannot hold, is written in another way.
fn key(text: &str) -> Value {
    text.replace('\u{fffd}', "\u{fffd}1").replace('\0', "\u{fffd}0").into()
}

/// A record that replaces an older one of the same key.
pub(crate) trait Record: serde::Serialize {
    /// The table, its key columns, and what else queries look for; `record` comes last.
    const INSERT: &'static str;
    /// What replaces what when the key is known already.
    const REPLACE: &'static str;
    /// What tells records apart.
    type Key<'a>: Ord
    where
        Self: 'a;

    /// Returns the key.
    fn key(&self) -> Self::Key<'_>;

    /// Returns what stands in the columns before `record`.
    fn values(&self) -> sqlx::Result<Vec<Value>>;
}

impl Record for InstanceRecord {
    const INSERT: &'static str =
        "INSERT INTO instances (service, version, instance, last_seen, stopped, record) ";
    const REPLACE: &'static str = " ON CONFLICT (service, version, instance) DO UPDATE SET \
         last_seen = excluded.last_seen, stopped = excluded.stopped, record = excluded.record";
    type Key<'a> = &'a Source;

    fn key(&self) -> &Source {
        &self.source
    }

    fn values(&self) -> sqlx::Result<Vec<Value>> {
        Ok(vec![
            key(self.source.service.as_str()),
            key(self.source.version.as_str()),
            key(self.source.instance.as_str()),
            self.last_seen.into(),
            self.stopped.into(),
        ])
    }
}

impl Record for ServiceRecord {
    const INSERT: &'static str = "INSERT INTO services (service, record) ";
    const REPLACE: &'static str = " ON CONFLICT (service) DO UPDATE SET record = excluded.record";
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        self.service.as_str()
    }

    fn values(&self) -> sqlx::Result<Vec<Value>> {
        Ok(vec![key(self.service.as_str())])
    }
}

impl Record for Alert {
    const INSERT: &'static str = "INSERT INTO alerts (rule, labels, record) ";
    const REPLACE: &'static str =
        " ON CONFLICT (rule, labels) DO UPDATE SET record = excluded.record";
    type Key<'a> = &'a bellwether_core::alert::AlertKey;

    fn key(&self) -> Self::Key<'_> {
        &self.key
    }

    fn values(&self) -> sqlx::Result<Vec<Value>> {
        Ok(vec![self.key.rule.as_str().into(), labels(&self.key)?.into()])
    }
}

/// Writes labels as text. They are sorted by name, so that equal labels are equal text.
pub(crate) fn labels(key: &AlertKey) -> sqlx::Result<String> {
    serde_json::to_string(&key.labels).map_err(unwritable)
}

impl Record for AlertLife {
    const INSERT: &'static str = "INSERT INTO alert_lives \
         (rule, labels, epoch, component, fired_at, resolved_at, record) ";
    const REPLACE: &'static str = " ON CONFLICT (rule, labels, epoch) DO UPDATE SET \
         resolved_at = excluded.resolved_at, record = excluded.record, detail = 1";
    type Key<'a> = (&'a AlertKey, u64);

    fn key(&self) -> Self::Key<'_> {
        (&self.key, self.epoch)
    }

    fn values(&self) -> sqlx::Result<Vec<Value>> {
        Ok(vec![
            self.key.rule.as_str().into(),
            labels(&self.key)?.into(),
            self.epoch.cast_signed().into(),
            self.component.as_str().into(),
            self.fired_at.into(),
            self.resolved_at.into(),
        ])
    }
}

impl Record for ComponentStatus {
    const INSERT: &'static str = "INSERT INTO components (component, record) ";
    const REPLACE: &'static str = " ON CONFLICT (component) DO UPDATE SET record = excluded.record";
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        self.component.as_str()
    }

    fn values(&self) -> sqlx::Result<Vec<Value>> {
        Ok(vec![self.component.as_str().into()])
    }
}

impl Record for Incident {
    const INSERT: &'static str =
        "INSERT INTO incidents (id, is_open, opened_at, resolved_at, record) ";
    const REPLACE: &'static str = " ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, \
         opened_at = excluded.opened_at, resolved_at = excluded.resolved_at, \
         record = excluded.record, detail = 1";
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn values(&self) -> sqlx::Result<Vec<Value>> {
        Ok(vec![
            self.id.as_str().into(),
            self.is_open().into(),
            self.opened_at.into(),
            self.resolved_at.into(),
        ])
    }
}

impl Record for RiskSpan {
    const INSERT: &'static str = "INSERT INTO risks (opportunity, from_at, until_at, record) ";
    const REPLACE: &'static str = " ON CONFLICT (opportunity, from_at) DO UPDATE SET \
         until_at = excluded.until_at, record = excluded.record";
    type Key<'a> = (&'a str, Timestamp);

    fn key(&self) -> Self::Key<'_> {
        (self.opportunity.as_str(), self.from)
    }

    fn values(&self) -> sqlx::Result<Vec<Value>> {
        Ok(vec![self.opportunity.as_str().into(), self.from.into(), self.until.into()])
    }
}

impl Record for AuditEntry {
    const INSERT: &'static str = "INSERT INTO audit (id, at, record) ";
    const REPLACE: &'static str = " ON CONFLICT (id) DO UPDATE SET record = excluded.record";
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        &self.id
    }

    fn values(&self) -> sqlx::Result<Vec<Value>> {
        Ok(vec![self.id.as_str().into(), self.at.into()])
    }
}

/// A line of a history: it replaces nothing.
pub(crate) trait Line: serde::Serialize {
    /// The table and what queries look for; `record` comes last.
    const INSERT: &'static str;

    /// Returns what stands in the columns before `record`.
    fn values(&self) -> Vec<Value>;
}

impl Line for Transition {
    const INSERT: &'static str = "INSERT INTO transitions (component, at, record) ";

    fn values(&self) -> Vec<Value> {
        vec![self.component.as_str().into(), self.at.into()]
    }
}

impl Line for Ruling {
    const INSERT: &'static str = "INSERT INTO rulings (incident, at, record) ";

    fn values(&self) -> Vec<Value> {
        vec![self.incident.as_str().into(), self.at.into()]
    }
}

impl Line for Loss {
    const INSERT: &'static str =
        "INSERT INTO losses (incident, component, from_at, until_at, record) ";

    fn values(&self) -> Vec<Value> {
        vec![
            self.incident.as_str().into(),
            self.component.as_str().into(),
            self.from.into(),
            self.until.into(),
        ]
    }
}
