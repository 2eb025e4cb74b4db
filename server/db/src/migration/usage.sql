CREATE TABLE usage_days (
    at BIGINT NOT NULL PRIMARY KEY,
    measured_at BIGINT NOT NULL,
    logical BIGINT NOT NULL,
    stored BIGINT NOT NULL,
    artifacts BIGINT NOT NULL
);
CREATE TABLE project_usage_days (
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    measured_at BIGINT NOT NULL,
    logical BIGINT NOT NULL,
    stored BIGINT NOT NULL,
    artifacts BIGINT NOT NULL,
    PRIMARY KEY (project_id, at)
);
CREATE INDEX project_usage_days_at ON project_usage_days (at);
