CREATE TABLE labels (
    id {id},
    -- None for labels of the system.
    project_id BIGINT REFERENCES projects (id) ON DELETE CASCADE,
    name {name} NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    color {name} NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX labels_system ON labels (name) WHERE project_id IS NULL;
CREATE UNIQUE INDEX labels_project ON labels (project_id, name) WHERE project_id IS NOT NULL;
CREATE INDEX labels_scope ON labels (project_id, id);

CREATE TABLE artifact_labels (
    manifest_id BIGINT NOT NULL REFERENCES manifests (id) ON DELETE CASCADE,
    label_id BIGINT NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (manifest_id, label_id)
);
CREATE INDEX artifact_labels_label ON artifact_labels (label_id, manifest_id);

CREATE TABLE immutable_rules (
    id {id},
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    disabled BOOLEAN NOT NULL DEFAULT FALSE,
    -- The rule as JSON, without its number.
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX immutable_rules_project ON immutable_rules (project_id, id);

CREATE TABLE retention_policies (
    id {id},
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    -- Six fields, or empty for by hand only.
    cron {name} NOT NULL DEFAULT '',
    -- The rules as JSON.
    rules TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX retention_policies_project ON retention_policies (project_id);
