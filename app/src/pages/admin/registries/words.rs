//! What types of registry are called.

use crate::i18n::keys;
use crate::t;

/// What a type is called: names of products stay as they are.
pub(crate) fn kind(kind: &str) -> String {
    match named(kind) {
        Some(name) => name.to_owned(),
        None if kind == "docker-registry" => t!(keys::registries::kind::OCI),
        None if kind == "harbor" => t!(keys::registries::kind::BERTH),
        None => kind.to_owned(),
    }
}

fn named(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ali-acr" => "Alibaba Cloud ACR",
        "aws-ecr" => "Amazon ECR",
        "azure-acr" => "Azure Container Registry",
        "docker-hub" => "Docker Hub",
        "github-ghcr" => "GitHub Container Registry",
        "google-gcr" => "Google Artifact Registry",
        "huawei-SWR" => "Huawei SWR",
        "jfrog-artifactory" => "JFrog Artifactory",
        "tencent-tcr" => "Tencent TCR",
        "volcengine-cr" => "Volcano Engine CR",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_keep_their_names() {
        assert_eq!(kind("docker-hub"), "Docker Hub");
        assert_eq!(kind("shoe"), "shoe");
        assert_ne!(kind("harbor"), "harbor");
    }
}
