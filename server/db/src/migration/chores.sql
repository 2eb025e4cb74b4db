-- What the API calls a schedule (`Daily`, …), and the rule that holds again when the chosen one is given up.
ALTER TABLE job_schedules ADD COLUMN label {name} NOT NULL DEFAULT '';
ALTER TABLE job_schedules ADD COLUMN fallback {name};
UPDATE job_schedules SET fallback = cron WHERE cron LIKE '@every %';

CREATE TABLE job_workers (
    id {name} NOT NULL PRIMARY KEY,
    pid BIGINT NOT NULL,
    host {name} NOT NULL,
    concurrency BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
