CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    username TEXT NOT NULL,
    operation TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource TEXT NOT NULL,
    project_id BIGINT,
    description TEXT NOT NULL,
    successful BOOLEAN NOT NULL,
    client_address TEXT NOT NULL DEFAULT '',
    request_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_project ON audit (project_id, at, id);
CREATE INDEX audit_username ON audit (username, at, id);
CREATE INDEX audit_operation ON audit (operation, at, id);
