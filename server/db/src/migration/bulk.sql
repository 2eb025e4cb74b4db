CREATE TABLE favorites (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, project_id)
);
CREATE INDEX favorites_project ON favorites (project_id);

CREATE TABLE bulk_operations (
    id {id},
    job_id BIGINT,
    owner_kind {name} NOT NULL,
    owner_id BIGINT NOT NULL,
    wanted TEXT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    request_id TEXT NOT NULL DEFAULT '',
    total BIGINT NOT NULL DEFAULT 0,
    done BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX bulk_operations_owner ON bulk_operations (owner_kind, owner_id, created_at);
CREATE INDEX bulk_operations_created ON bulk_operations (created_at);

CREATE TABLE bulk_items (
    id {id},
    operation_id BIGINT NOT NULL REFERENCES bulk_operations (id) ON DELETE CASCADE,
    item {name} NOT NULL,
    shown TEXT NOT NULL DEFAULT '',
    code {name},
    message TEXT NOT NULL DEFAULT ''
);
CREATE INDEX bulk_items_operation ON bulk_items (operation_id, id);
