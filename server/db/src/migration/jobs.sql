ALTER TABLE blobs ADD COLUMN doomed_at BIGINT;
CREATE INDEX blobs_doomed ON blobs (doomed_at, id) WHERE doomed_at IS NOT NULL;

CREATE TABLE unlinked_blobs (
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    blob_id BIGINT NOT NULL REFERENCES blobs (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, blob_id)
);
CREATE INDEX unlinked_blobs_at ON unlinked_blobs (at);
CREATE INDEX unlinked_blobs_blob ON unlinked_blobs (blob_id);

CREATE TABLE jobs (
    id {id},
    parent_id BIGINT REFERENCES jobs (id) ON DELETE CASCADE,
    kind {name} NOT NULL,
    unique_key {name},
    cause {name} NOT NULL DEFAULT 'manual',
    payload TEXT NOT NULL DEFAULT '{}',
    status {name} NOT NULL DEFAULT 'pending',
    progress TEXT NOT NULL DEFAULT '{}',
    attempts BIGINT NOT NULL DEFAULT 0,
    attempts_max BIGINT NOT NULL DEFAULT 1,
    run_at BIGINT NOT NULL,
    stop_wanted BOOLEAN NOT NULL DEFAULT FALSE,
    lease_holder {name},
    lease_until BIGINT,
    error TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT
);
CREATE UNIQUE INDEX jobs_unfinished ON jobs (kind, unique_key)
    WHERE unique_key IS NOT NULL AND finished_at IS NULL;
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE status = 'pending';
CREATE INDEX jobs_leases ON jobs (lease_until, id) WHERE status = 'running';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX jobs_kind ON jobs (kind, id);

CREATE TABLE job_logs (
    id {id},
    job_id BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    line TEXT NOT NULL
);
CREATE INDEX job_logs_job ON job_logs (job_id, id);

CREATE TABLE job_schedules (
    id {id},
    name {name} NOT NULL,
    kind {name} NOT NULL,
    cron {name} NOT NULL,
    payload TEXT NOT NULL DEFAULT '{}',
    next_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_schedules_name ON job_schedules (name);
CREATE INDEX job_schedules_due ON job_schedules (next_at);

CREATE TABLE job_pauses (
    kind {name} NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- What a manifest named before its repository had it.
CREATE INDEX manifest_references_waiting ON manifest_references (digest) WHERE blob_id IS NULL;
