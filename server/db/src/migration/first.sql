CREATE TABLE users (
    id {id},
    username {name} NOT NULL,
    email {name},
    realname TEXT NOT NULL DEFAULT '',
    comment TEXT NOT NULL DEFAULT '',
    password TEXT,
    sysadmin BOOLEAN NOT NULL DEFAULT FALSE,
    epoch BIGINT NOT NULL DEFAULT 0,
    deleted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_username ON users (username) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_email ON users (email) WHERE deleted_at IS NULL AND email IS NOT NULL;

CREATE TABLE projects (
    id {id},
    name {name} NOT NULL,
    owner_id BIGINT NOT NULL REFERENCES users (id),
    public BOOLEAN NOT NULL DEFAULT FALSE,
    epoch BIGINT NOT NULL DEFAULT 0,
    storage_bytes_max BIGINT NOT NULL DEFAULT -1,
    storage_bytes_used BIGINT NOT NULL DEFAULT 0,
    deleted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX projects_name ON projects (name) WHERE deleted_at IS NULL;
CREATE INDEX projects_public ON projects (public, name) WHERE deleted_at IS NULL;
CREATE INDEX projects_owner ON projects (owner_id);

CREATE TABLE project_metadata (
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key {name} NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (project_id, key)
);

CREATE TABLE members (
    id {id},
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    group_id BIGINT,
    role BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX members_user ON members (project_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX members_group ON members (project_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX members_projects ON members (user_id, project_id);

CREATE TABLE identities (
    id {id},
    kind {name} NOT NULL,
    name {name} NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    project_id BIGINT REFERENCES projects (id) ON DELETE CASCADE,
    secret_hash {bytes},
    secret_phc TEXT,
    permissions TEXT NOT NULL DEFAULT '[]',
    description TEXT NOT NULL DEFAULT '',
    disabled BOOLEAN NOT NULL DEFAULT FALSE,
    epoch BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT,
    used_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identities_name ON identities (kind, name);
CREATE INDEX identities_user ON identities (user_id);
CREATE INDEX identities_project ON identities (project_id);

CREATE TABLE repositories (
    id {id},
    project_id BIGINT NOT NULL REFERENCES projects (id),
    name {name} NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    listed BOOLEAN NOT NULL DEFAULT FALSE,
    artifact_count BIGINT NOT NULL DEFAULT 0,
    pull_count BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX repositories_name ON repositories (name);
CREATE INDEX repositories_project_name ON repositories (project_id, name);
CREATE INDEX repositories_project_created ON repositories (project_id, created_at, id);
CREATE INDEX repositories_project_updated ON repositories (project_id, updated_at, id);

CREATE TABLE blobs (
    id {id},
    digest {bytes} NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    touched_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX blobs_digest ON blobs (digest);

CREATE TABLE repository_blobs (
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    blob_id BIGINT NOT NULL REFERENCES blobs (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, blob_id)
);
CREATE INDEX repository_blobs_blob ON repository_blobs (blob_id, repository_id);

CREATE TABLE manifest_bytes (
    digest {bytes} NOT NULL PRIMARY KEY,
    bytes {bytes} NOT NULL
);

CREATE TABLE manifests (
    id {id},
    project_id BIGINT NOT NULL REFERENCES projects (id),
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    digest {bytes} NOT NULL,
    media_type {name} NOT NULL,
    config_media_type {name} NOT NULL DEFAULT '',
    artifact_type {name} NOT NULL DEFAULT '',
    kind {name} NOT NULL DEFAULT '',
    manifest_size BIGINT NOT NULL,
    size BIGINT NOT NULL,
    subject {bytes},
    annotations TEXT,
    extra_attrs TEXT,
    tag_count BIGINT NOT NULL DEFAULT 0,
    parent_count BIGINT NOT NULL DEFAULT 0,
    pull_count BIGINT NOT NULL DEFAULT 0,
    pulled_at BIGINT,
    pushed_by {name} NOT NULL DEFAULT '',
    pushed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX manifests_digest ON manifests (repository_id, digest);
CREATE INDEX manifests_bytes ON manifests (digest);
CREATE INDEX manifests_subject ON manifests (repository_id, subject, id) WHERE subject IS NOT NULL;
CREATE INDEX manifests_pushed ON manifests (repository_id, pushed_at, id);
CREATE INDEX manifests_project_pushed ON manifests (project_id, pushed_at, id);

CREATE TABLE manifest_references (
    manifest_id BIGINT NOT NULL REFERENCES manifests (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    role {name} NOT NULL,
    digest {bytes} NOT NULL,
    blob_id BIGINT REFERENCES blobs (id),
    child_id BIGINT REFERENCES manifests (id) ON DELETE SET NULL,
    media_type {name} NOT NULL,
    size BIGINT NOT NULL,
    descriptor TEXT,
    PRIMARY KEY (manifest_id, position)
);
CREATE INDEX manifest_references_blob ON manifest_references (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX manifest_references_child ON manifest_references (child_id) WHERE child_id IS NOT NULL;
CREATE INDEX manifest_references_digest ON manifest_references (digest, manifest_id);

CREATE TABLE tags (
    id {id},
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    name {name} NOT NULL,
    sort_key {name} NOT NULL,
    manifest_id BIGINT NOT NULL REFERENCES manifests (id),
    pulled_at BIGINT,
    pushed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tags_name ON tags (repository_id, name);
CREATE INDEX tags_sort ON tags (repository_id, sort_key);
CREATE INDEX tags_pushed ON tags (repository_id, pushed_at, id);
CREATE INDEX tags_manifest ON tags (manifest_id);

CREATE TABLE tag_history (
    id {id},
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    tag {name} NOT NULL,
    digest {bytes},
    operation {name} NOT NULL,
    actor {name} NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX tag_history_tag ON tag_history (repository_id, tag, id);

CREATE TABLE uploads (
    id {name} NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    algorithm {name} NOT NULL DEFAULT 'sha256',
    received BIGINT NOT NULL DEFAULT 0,
    hash_state {bytes},
    actor {name} NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX uploads_idle ON uploads (updated_at);
CREATE INDEX uploads_repository ON uploads (repository_id);

CREATE TABLE quota_deltas (
    id {id},
    project_id BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX quota_deltas_project ON quota_deltas (project_id);

CREATE TABLE quota_reservations (
    upload_id {name} NOT NULL PRIMARY KEY,
    project_id BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX quota_reservations_project ON quota_reservations (project_id);

CREATE TABLE gc_blob_review (
    blob_id BIGINT NOT NULL PRIMARY KEY REFERENCES blobs (id) ON DELETE CASCADE,
    review_at BIGINT NOT NULL,
    reason {name} NOT NULL
);
CREATE INDEX gc_blob_review_due ON gc_blob_review (review_at);

CREATE TABLE gc_manifest_review (
    digest {bytes} NOT NULL PRIMARY KEY,
    review_at BIGINT NOT NULL,
    reason {name} NOT NULL
);
CREATE INDEX gc_manifest_review_due ON gc_manifest_review (review_at);

CREATE TABLE sessions (
    id_hash {bytes} NOT NULL PRIMARY KEY,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    remote_addr TEXT NOT NULL DEFAULT '',
    user_agent TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX sessions_user ON sessions (user_id, seen_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE login_failures (
    id {id},
    account {name} NOT NULL,
    address {name} NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX login_failures_account ON login_failures (account, address, at);
CREATE INDEX login_failures_address ON login_failures (address, at);
CREATE INDEX login_failures_at ON login_failures (at);

CREATE TABLE events (
    id {id},
    xact BIGINT NOT NULL {xact},
    at BIGINT NOT NULL,
    kind {name} NOT NULL,
    project_id BIGINT,
    payload TEXT NOT NULL
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_project ON events (project_id, id);

CREATE TABLE settings (
    key {name} NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    updated_by {name} NOT NULL DEFAULT '',
    updated_at BIGINT NOT NULL
);

CREATE TABLE keys (
    id {name} NOT NULL PRIMARY KEY,
    purpose {name} NOT NULL,
    sealed {bytes} NOT NULL,
    public TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX keys_purpose ON keys (purpose, created_at);

CREATE TABLE setup (
    id BIGINT NOT NULL PRIMARY KEY,
    instance_id {name} NOT NULL,
    token_hash {bytes},
    token_expires_at BIGINT,
    done_at BIGINT
);
