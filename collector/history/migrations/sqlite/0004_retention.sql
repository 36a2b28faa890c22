-- What was measured, as it was.
CREATE TABLE observations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    series TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    value  REAL   NOT NULL,
    failed BIGINT NOT NULL
);

CREATE INDEX observations_series ON observations (series, at, number);
CREATE INDEX observations_at ON observations (at, number);

-- What is left of it: span is `hour` or `day`, from_at its begin in UTC.
CREATE TABLE summaries (
    span    TEXT   NOT NULL,
    series  TEXT   NOT NULL,
    from_at BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    failed  BIGINT NOT NULL,
    sum     REAL   NOT NULL,
    min     REAL   NOT NULL,
    max     REAL   NOT NULL,
    PRIMARY KEY (span, series, from_at)
);

CREATE INDEX summaries_from ON summaries (from_at);

-- 1 while a record has all that was found, 0 when only what, when and how bad is left.
ALTER TABLE transitions ADD COLUMN detail BIGINT NOT NULL DEFAULT 1;
ALTER TABLE alert_lives ADD COLUMN detail BIGINT NOT NULL DEFAULT 1;
ALTER TABLE incidents ADD COLUMN detail BIGINT NOT NULL DEFAULT 1;
ALTER TABLE outbox ADD COLUMN detail BIGINT NOT NULL DEFAULT 1;
-- absent while it is open
ALTER TABLE incidents ADD COLUMN resolved_at BIGINT;
-- of those before this column it is not known to the second, which does not matter after months
UPDATE incidents SET resolved_at = opened_at WHERE is_open = 0;

CREATE INDEX transitions_detail ON transitions (at) WHERE detail = 1;
CREATE INDEX alert_lives_detail ON alert_lives (resolved_at) WHERE detail = 1;
CREATE INDEX alert_lives_resolved ON alert_lives (resolved_at);
CREATE INDEX incidents_detail ON incidents (resolved_at) WHERE detail = 1;
CREATE INDEX outbox_detail ON outbox (settled_at) WHERE detail = 1;
CREATE INDEX outbox_settled ON outbox (settled_at);
