-- Only types and words that PostgreSQL has as well, but for the number of the outbox.
-- Times are nanoseconds since the Unix epoch; `record` is the whole record as JSON, the other
-- columns are what queries look for.

CREATE TABLE instances (
    service   TEXT   NOT NULL,
    version   TEXT   NOT NULL,
    instance  TEXT   NOT NULL,
    last_seen BIGINT NOT NULL,
    stopped   BIGINT,
    record    TEXT   NOT NULL,
    PRIMARY KEY (service, version, instance)
);

CREATE TABLE services (
    service TEXT NOT NULL PRIMARY KEY,
    record  TEXT NOT NULL
);

CREATE TABLE alerts (
    rule   TEXT NOT NULL,
    labels TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (rule, labels)
);

CREATE TABLE components (
    component TEXT NOT NULL PRIMARY KEY,
    record    TEXT NOT NULL
);

CREATE TABLE transitions (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    component TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    record    TEXT   NOT NULL
);

CREATE INDEX transitions_at ON transitions (at, number);

CREATE TABLE incidents (
    id        TEXT   NOT NULL PRIMARY KEY,
    is_open   BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    record    TEXT   NOT NULL
);

CREATE INDEX incidents_opened_at ON incidents (opened_at, id);
CREATE INDEX incidents_open ON incidents (opened_at, id) WHERE is_open = 1;

-- state: waiting, delivered, refused, superseded. deadline: see hold.rs.
CREATE TABLE outbox (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    newest_only BIGINT NOT NULL,
    unwell      BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    not_before  BIGINT NOT NULL,
    deadline    BIGINT,
    attempts    BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    why         TEXT,
    settled_at  BIGINT,
    body        TEXT   NOT NULL
);

CREATE INDEX outbox_waiting ON outbox (destination, subject, number) WHERE state = 'waiting';

CREATE TABLE receipts (
    destination TEXT NOT NULL,
    subject     TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (destination, subject)
);
