//! The types of registry: how each is checked, what policies can do with it, and what a form needs to know.

use berth_types::api::{
    FilterStyle, RegistryEndpoint, RegistryInfo, RegistryProviderCredentialPattern, RegistryProviderEndpointPattern,
    RegistryProviderInfo, RegistryProviderInfos,
};

/// A type of registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    AliAcr,
    AwsEcr,
    AzureAcr,
    DockerHub,
    DockerRegistry,
    GithubGhcr,
    GoogleGcr,
    Harbor,
    HuaweiSwr,
    JfrogArtifactory,
    TencentTcr,
    VolcengineCr,
}

/// How it can be found out whether a registry answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checkup {
    /// By the distribution API, at its own address.
    Distribution,
    /// By the distribution API, at another address than the one that people know.
    DistributionAt(&'static str),
    /// Its credential is exchanged through an API of its own, which this server does not speak.
    None,
}

const ALL: [Provider; 12] = [
    Provider::AliAcr,
    Provider::AwsEcr,
    Provider::AzureAcr,
    Provider::DockerHub,
    Provider::DockerRegistry,
    Provider::GithubGhcr,
    Provider::GoogleGcr,
    Provider::Harbor,
    Provider::HuaweiSwr,
    Provider::JfrogArtifactory,
    Provider::TencentTcr,
    Provider::VolcengineCr,
];

const ALI_REGIONS: [&str; 23] = [
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-wulanchabu",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-heyuan",
    "cn-guangzhou",
    "cn-chengdu",
    "cn-hongkong",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-south-1",
    "ap-northeast-1",
    "us-west-1",
    "us-east-1",
    "eu-central-1",
    "eu-west-1",
    "me-east-1",
];

const AWS_REGIONS: [&str; 38] = [
    "us-east-2",
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-1",
    "ap-south-2",
    "ap-northeast-3",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-northeast-1",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-west-1",
    "eu-west-2",
    "eu-south-1",
    "eu-south-2",
    "eu-west-3",
    "eu-north-1",
    "il-central-1",
    "me-south-1",
    "me-central-1",
    "mx-central-1",
    "sa-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
];

const GOOGLE_HOSTS: [&str; 4] = ["gcr.io", "us.gcr.io", "eu.gcr.io", "asia.gcr.io"];

impl Provider {
    /// The type of a name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// The name on the wire and in the database.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Provider::AliAcr => "ali-acr",
            Provider::AwsEcr => "aws-ecr",
            Provider::AzureAcr => "azure-acr",
            Provider::DockerHub => "docker-hub",
            Provider::DockerRegistry => "docker-registry",
            Provider::GithubGhcr => "github-ghcr",
            Provider::GoogleGcr => "google-gcr",
            Provider::Harbor => "harbor",
            Provider::HuaweiSwr => "huawei-SWR",
            Provider::JfrogArtifactory => "jfrog-artifactory",
            Provider::TencentTcr => "tencent-tcr",
            Provider::VolcengineCr => "volcengine-cr",
        }
    }

    /// How it can be found out whether such a registry answers.
    pub(crate) const fn checkup(self) -> Checkup {
        match self {
            Provider::AzureAcr
            | Provider::DockerRegistry
            | Provider::GithubGhcr
            | Provider::GoogleGcr
            | Provider::Harbor
            | Provider::JfrogArtifactory => Checkup::Distribution,
            Provider::DockerHub => Checkup::DistributionAt("https://registry-1.docker.io"),
            Provider::AliAcr
            | Provider::AwsEcr
            | Provider::HuaweiSwr
            | Provider::TencentTcr
            | Provider::VolcengineCr => Checkup::None,
        }
    }

    /// Whether a project can be a cache of such a registry.
    pub(crate) const fn is_cacheable(self) -> bool {
        match self {
            Provider::AliAcr
            | Provider::AwsEcr
            | Provider::AzureAcr
            | Provider::DockerHub
            | Provider::DockerRegistry
            | Provider::GithubGhcr
            | Provider::GoogleGcr
            | Provider::Harbor
            | Provider::JfrogArtifactory => true,
            Provider::HuaweiSwr | Provider::TencentTcr | Provider::VolcengineCr => false,
        }
    }

    /// What policies can do with such a registry. `labels` are those that can be chosen there.
    pub(crate) fn info(self, labels: Vec<String>) -> RegistryInfo {
        let mut filters = vec![style("name", "input", None), style("tag", "input", None)];
        let mut resources = vec!["image".to_owned()];
        if self == Provider::Harbor {
            filters.push(style("label", "list", Some(labels)));
            resources.push("artifact".to_owned());
        }
        filters.push(style("resource", "radio", Some(resources)));
        RegistryInfo {
            kind: self.name().to_owned(),
            description: String::new(),
            supported_resource_filters: filters,
            supported_triggers: vec!["manual".to_owned(), "scheduled".to_owned()],
            supported_copy_by_chunk: matches!(self, Provider::Harbor | Provider::AzureAcr).then_some(true),
        }
    }

    /// What a form needs to know; nothing where every address and credential will do.
    fn form(self) -> Option<RegistryProviderInfo> {
        let pattern = match self {
            Provider::AliAcr => list(ALI_REGIONS.into_iter().flat_map(ali)),
            Provider::AwsEcr => list(AWS_REGIONS.into_iter().map(aws)),
            Provider::DockerHub => fix("hub.docker.com"),
            Provider::GithubGhcr => fix("ghcr.io"),
            Provider::GoogleGcr => list(GOOGLE_HOSTS.into_iter().map(host)),
            Provider::TencentTcr | Provider::VolcengineCr => return Some(RegistryProviderInfo::default()),
            Provider::AzureAcr
            | Provider::DockerRegistry
            | Provider::Harbor
            | Provider::HuaweiSwr
            | Provider::JfrogArtifactory => return None,
        };
        let credential_pattern = (self == Provider::GoogleGcr).then(|| RegistryProviderCredentialPattern {
            access_key_type: "AccessKeyTypeFix".to_owned(),
            access_key_data: "_json_key".to_owned(),
            access_secret_type: "AccessSecretTypeFile".to_owned(),
            access_secret_data: "No Change".to_owned(),
        });
        Some(RegistryProviderInfo { endpoint_pattern: Some(pattern), credential_pattern })
    }
}

/// The names of all types.
pub(crate) fn names() -> Vec<String> {
    ALL.into_iter().map(|provider| provider.name().to_owned()).collect()
}

/// The types that a form needs to know something about.
pub(crate) fn forms() -> RegistryProviderInfos {
    ALL.into_iter().filter_map(|provider| Some((provider.name().to_owned(), provider.form()?))).collect()
}

fn style(kind: &str, style: &str, values: Option<Vec<String>>) -> FilterStyle {
    FilterStyle { kind: kind.to_owned(), style: style.to_owned(), values }
}

fn fix(name: &str) -> RegistryProviderEndpointPattern {
    RegistryProviderEndpointPattern { endpoint_type: "EndpointPatternTypeFix".to_owned(), endpoints: vec![host(name)] }
}

fn list(endpoints: impl Iterator<Item = RegistryEndpoint>) -> RegistryProviderEndpointPattern {
    RegistryProviderEndpointPattern {
        endpoint_type: "EndpointPatternTypeList".to_owned(),
        endpoints: endpoints.collect(),
    }
}

fn endpoint(key: String, value: String) -> RegistryEndpoint {
    RegistryEndpoint { key, value }
}

fn host(name: &str) -> RegistryEndpoint {
    endpoint(name.to_owned(), format!("https://{name}"))
}

fn aws(region: &str) -> RegistryEndpoint {
    let country = if region.starts_with("cn-") { ".cn" } else { "" };
    endpoint(region.to_owned(), format!("https://api.ecr.{region}.amazonaws.com{country}"))
}

/// From outside, from a private network, from inside, and the same of instances of one's own.
fn ali(region: &str) -> [RegistryEndpoint; 5] {
    [
        endpoint(region.to_owned(), format!("https://registry.{region}.aliyuncs.com")),
        endpoint(format!("{region}-vpc"), format!("https://registry-vpc.{region}.aliyuncs.com")),
        endpoint(format!("{region}-internal"), format!("https://registry-internal.{region}.aliyuncs.com")),
        endpoint(format!("{region}-ee-vpc"), format!("https://instanceName-registry-vpc.{region}.cr.aliyuncs.com")),
        endpoint(format!("{region}-ee"), format!("https://instanceName-registry.{region}.cr.aliyuncs.com")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name() {
        for provider in ALL {
            assert_eq!(Provider::of(provider.name()), Some(provider));
        }
        assert_eq!(Provider::of("shoe"), None);
        assert_eq!(Provider::of(""), None);
    }
}
