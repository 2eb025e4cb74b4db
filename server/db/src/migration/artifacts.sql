ALTER TABLE manifests ADD COLUMN accessory {name} NOT NULL DEFAULT '';
ALTER TABLE manifests ADD COLUMN subject_by_tag BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE manifests ADD COLUMN icon {bytes};
UPDATE manifests SET accessory = CASE
    WHEN artifact_type = 'application/vnd.cncf.notary.signature' THEN 'signature.notation'
    WHEN artifact_type = 'application/vnd.goharbor.harbor.sbom.v1' THEN 'sbom.harbor'
    WHEN artifact_type = 'application/vnd.dev.cosign.artifact.sig.v1+json' THEN 'signature.cosign'
    WHEN artifact_type LIKE 'application/vnd.dev.sigstore.bundle%' THEN 'signature.cosign'
    ELSE 'subject.accessory' END
WHERE subject IS NOT NULL;
CREATE INDEX manifests_icon ON manifests (icon) WHERE icon IS NOT NULL;
CREATE INDEX repositories_created ON repositories (created_at, id, project_id) WHERE listed = TRUE;
