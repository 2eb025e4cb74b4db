CREATE TABLE pull_days (
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    pulls BIGINT NOT NULL,
    PRIMARY KEY (repository_id, at)
);
CREATE INDEX pull_days_at ON pull_days (at);
