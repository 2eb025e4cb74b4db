CREATE TABLE registries (
    id {id},
    name {name} NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL,
    type {name} NOT NULL,
    insecure BOOLEAN NOT NULL DEFAULT FALSE,
    ca_certificate TEXT,
    credential_type {name} NOT NULL DEFAULT '',
    access_key TEXT NOT NULL DEFAULT '',
    access_secret_sealed {bytes},
    status {name} NOT NULL,
    checked_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX registries_name ON registries (name);
CREATE INDEX registries_checked ON registries (checked_at);

CREATE TABLE replication_policies (
    id {id},
    name {name} NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    source_id BIGINT REFERENCES registries (id),
    destination_id BIGINT REFERENCES registries (id),
    namespace {name} NOT NULL DEFAULT '',
    replace_count BIGINT NOT NULL,
    trigger_type {name} NOT NULL,
    cron TEXT,
    filters TEXT NOT NULL,
    deletion BOOLEAN NOT NULL,
    overrides BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    speed_kb BIGINT NOT NULL,
    copy_by_chunk BOOLEAN NOT NULL,
    single_active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- One side is this server, the other one is not.
    CHECK ((source_id IS NULL) <> (destination_id IS NULL))
);
CREATE UNIQUE INDEX replication_policies_name ON replication_policies (name);
CREATE INDEX replication_policies_source ON replication_policies (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX replication_policies_destination ON replication_policies (destination_id) WHERE destination_id IS NOT NULL;
