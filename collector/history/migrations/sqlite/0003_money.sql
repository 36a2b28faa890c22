-- What was lost, a line a minute for each component of an incident. Kept for ever.
CREATE TABLE losses (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    incident  TEXT   NOT NULL,
    component TEXT   NOT NULL,
    from_at   BIGINT NOT NULL,
    until_at  BIGINT NOT NULL,
    record    TEXT   NOT NULL
);

CREATE INDEX losses_incident ON losses (incident, number);
CREATE INDEX losses_until ON losses (until_at);

-- When opportunities were at risk. Kept for ever.
CREATE TABLE risks (
    opportunity TEXT   NOT NULL,
    from_at     BIGINT NOT NULL,
    until_at    BIGINT,
    record      TEXT   NOT NULL,
    PRIMARY KEY (opportunity, from_at)
);

CREATE INDEX risks_until ON risks (until_at);

-- What only its owner can read.
CREATE TABLE snapshots (
    name  TEXT   NOT NULL PRIMARY KEY,
    at    BIGINT NOT NULL,
    body  BLOB   NOT NULL
);
