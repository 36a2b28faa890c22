-- One row for each life of an alert, from the moment that it fired.
CREATE TABLE alert_lives (
    rule        TEXT   NOT NULL,
    labels      TEXT   NOT NULL,
    epoch       BIGINT NOT NULL,
    component   TEXT   NOT NULL,
    fired_at    BIGINT NOT NULL,
    resolved_at BIGINT,
    record      TEXT   NOT NULL,
    PRIMARY KEY (rule, labels, epoch)
);

CREATE INDEX alert_lives_fired_at ON alert_lives (fired_at);
