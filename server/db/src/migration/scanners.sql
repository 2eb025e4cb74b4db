-- What an adapter last said about itself is kept, so that lists need not ask it.
CREATE TABLE scanners (
    id {id},
    uuid {name} NOT NULL,
    name {name} NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    url {name} NOT NULL,
    auth {name} NOT NULL DEFAULT '',
    credential {bytes},
    skip_cert_verify BOOLEAN NOT NULL DEFAULT FALSE,
    use_internal_addr BOOLEAN NOT NULL DEFAULT FALSE,
    disabled BOOLEAN NOT NULL DEFAULT FALSE,
    is_default BOOLEAN NOT NULL DEFAULT FALSE,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX scanners_uuid ON scanners (uuid);
CREATE UNIQUE INDEX scanners_name ON scanners (name);
CREATE UNIQUE INDEX scanners_url ON scanners (url);
CREATE UNIQUE INDEX scanners_default ON scanners (is_default) WHERE is_default;

CREATE TABLE project_scanners (
    project_id BIGINT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    scanner_id BIGINT NOT NULL REFERENCES scanners (id) ON DELETE CASCADE
);
CREATE INDEX project_scanners_scanner ON project_scanners (scanner_id);

-- One row at most: its slot is 1.
CREATE TABLE scan_all_schedule (
    id {id},
    slot BIGINT NOT NULL UNIQUE,
    kind {name} NOT NULL,
    cron {name} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- One row at most: its slot is 1. The lists of projects are among their settings.
CREATE TABLE system_cve_allowlist (
    id {id},
    slot BIGINT NOT NULL UNIQUE,
    items TEXT NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
