CREATE TABLE webhook_policies (
    id {id},
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name {name} NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    enabled BOOLEAN NOT NULL DEFAULT FALSE,
    -- JSON; what is secret in it is sealed.
    targets TEXT NOT NULL,
    -- JSON.
    event_types TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX webhook_policies_name ON webhook_policies (project_id, name);

CREATE TABLE preheat_instances (
    id {id},
    name {name} NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    vendor {name} NOT NULL,
    endpoint {name} NOT NULL,
    auth_mode {name} NOT NULL,
    -- Sealed JSON.
    auth_info {bytes},
    enabled BOOLEAN NOT NULL DEFAULT FALSE,
    is_default BOOLEAN NOT NULL DEFAULT FALSE,
    insecure BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX preheat_instances_name ON preheat_instances (name);
CREATE UNIQUE INDEX preheat_instances_endpoint ON preheat_instances (endpoint);

CREATE TABLE preheat_policies (
    id {id},
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    instance_id BIGINT NOT NULL REFERENCES preheat_instances (id),
    name {name} NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    -- JSON, like the next two.
    filters TEXT NOT NULL,
    trigger_rule TEXT NOT NULL,
    extra_attrs TEXT NOT NULL DEFAULT '',
    enabled BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX preheat_policies_name ON preheat_policies (project_id, name);
CREATE INDEX preheat_policies_instance ON preheat_policies (instance_id);
