-- What SQLite has after its own migrations, in PostgreSQL's words.
-- Times are nanoseconds since the Unix epoch; `record` is the whole record as JSON, the other
-- columns are what queries look for. Keys are sorted by their bytes, as SQLite sorts them.

CREATE TABLE instances (
    service   TEXT   COLLATE "C" NOT NULL,
    version   TEXT   COLLATE "C" NOT NULL,
    instance  TEXT   COLLATE "C" NOT NULL,
    last_seen BIGINT NOT NULL,
    stopped   BIGINT,
    record    TEXT   NOT NULL,
    PRIMARY KEY (service, version, instance)
);

CREATE TABLE services (
    service TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    record  TEXT NOT NULL
);

CREATE TABLE alerts (
    rule   TEXT COLLATE "C" NOT NULL,
    labels TEXT COLLATE "C" NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (rule, labels)
);

CREATE TABLE components (
    component TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    record    TEXT NOT NULL
);

CREATE TABLE transitions (
    number    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    component TEXT   COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    record    TEXT   NOT NULL
);

CREATE INDEX transitions_at ON transitions (at, number);

CREATE TABLE incidents (
    id        TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    is_open   BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    record    TEXT   NOT NULL
);

CREATE INDEX incidents_opened_at ON incidents (opened_at, id);
CREATE INDEX incidents_open ON incidents (opened_at, id) WHERE is_open = 1;

-- state: waiting, delivered, refused, superseded. deadline: see hold.rs.
CREATE TABLE outbox (
    number      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination TEXT   COLLATE "C" NOT NULL,
    subject     TEXT   COLLATE "C" NOT NULL,
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
    destination TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (destination, subject)
);

-- One row for each life of an alert, from the moment that it fired.
CREATE TABLE alert_lives (
    rule        TEXT   COLLATE "C" NOT NULL,
    labels      TEXT   COLLATE "C" NOT NULL,
    epoch       BIGINT NOT NULL,
    component   TEXT   COLLATE "C" NOT NULL,
    fired_at    BIGINT NOT NULL,
    resolved_at BIGINT,
    record      TEXT   NOT NULL,
    PRIMARY KEY (rule, labels, epoch)
);

CREATE INDEX alert_lives_fired_at ON alert_lives (fired_at);

-- What was lost, a line a minute for each component of an incident. Kept for ever.
CREATE TABLE losses (
    number    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident  TEXT   COLLATE "C" NOT NULL,
    component TEXT   COLLATE "C" NOT NULL,
    from_at   BIGINT NOT NULL,
    until_at  BIGINT NOT NULL,
    record    TEXT   NOT NULL
);

CREATE INDEX losses_incident ON losses (incident, number);
CREATE INDEX losses_until ON losses (until_at);

-- When opportunities were at risk. Kept for ever.
CREATE TABLE risks (
    opportunity TEXT   COLLATE "C" NOT NULL,
    from_at     BIGINT NOT NULL,
    until_at    BIGINT,
    record      TEXT   NOT NULL,
    PRIMARY KEY (opportunity, from_at)
);

CREATE INDEX risks_until ON risks (until_at);

-- What only its owner can read.
CREATE TABLE snapshots (
    name TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL,
    body BYTEA  NOT NULL
);

-- The one collector that writes here: the number of its newest transaction, by which it knows
-- after a broken connection whether that was written, and when it last showed that it can.
CREATE TABLE writer (
    id     BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    proved BIGINT NOT NULL
);

INSERT INTO writer (id, number, proved) VALUES (1, 0, 0);
