-- What people did: who, when, what, from where, and what became of it.
CREATE TABLE audit (
    id     TEXT   COLLATE "C" PRIMARY KEY,
    at     BIGINT NOT NULL,
    record TEXT   NOT NULL
);

CREATE INDEX audit_at ON audit (at);
