-- Robots: how long they were made for, and by whom.
ALTER TABLE identities ADD COLUMN duration_days BIGINT NOT NULL DEFAULT -1;
ALTER TABLE identities ADD COLUMN creator_kind {name} NOT NULL DEFAULT 'local';
ALTER TABLE identities ADD COLUMN creator_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX identities_home ON identities (kind, project_id, id);

CREATE TABLE user_groups (
    id {id},
    name {name} NOT NULL,
    kind BIGINT NOT NULL,
    ldap_dn {name} NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_groups_name ON user_groups (name);
CREATE UNIQUE INDEX user_groups_dn ON user_groups (ldap_dn) WHERE ldap_dn <> '';
CREATE INDEX user_groups_updated ON user_groups (updated_at, id);
CREATE INDEX members_groups ON members (group_id) WHERE group_id IS NOT NULL;
