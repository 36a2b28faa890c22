-- Why people were told of an incident, or not.
CREATE TABLE rulings (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    incident TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    record   TEXT   NOT NULL
);

CREATE INDEX rulings_incident ON rulings (incident, number);
CREATE INDEX rulings_at ON rulings (at, number);

CREATE INDEX outbox_subject ON outbox (subject, number);
