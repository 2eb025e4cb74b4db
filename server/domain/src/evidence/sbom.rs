//! Packages of SPDX 2 and CycloneDX documents as JSON, with or without an envelope around them.
//!
//! A document has up to 20 MiB and comes from whoever pushed it: only what is shown is kept while it is read, and what has
//! another shape than it should is as if it was not there.

use std::{cell::Cell, fmt, marker::PhantomData};

use berth_types::api::SbomPackage;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::statement::decode;

/// How many packages of a document are shown.
const PACKAGES_MAX: usize = 50_000;
/// How many elements of all lists of a document are kept, however they are nested.
const ELEMENTS_MAX: usize = 200_000;
/// How many envelopes may be around a document.
const ENVELOPES_MAX: usize = 4;
/// The longest text that is shown, in characters.
const TEXT_CHARS_MAX: usize = 300;

thread_local! {
    /// How many more elements of the document that this thread reads are kept.
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// The packages of a document by name; nothing for what is no document of a known format.
pub(super) fn packages(bytes: &[u8]) -> Option<Vec<SbomPackage>> {
    LEFT.set(ELEMENTS_MAX);
    let mut document: Document = serde_json::from_slice(bytes).ok()?;
    for _ in 0..ENVELOPES_MAX {
        let is_envelope = !document.payload.0.is_empty();
        let inner =
            [document.envelope.0.take(), document.predicate.0.take(), document.sbom.0.take(), document.data.0.take()];
        document = if is_envelope {
            serde_json::from_slice(&decode(&document.payload.0)?).ok()?
        } else if let Some(inner) = inner.into_iter().flatten().next() {
            *inner
        } else {
            break;
        };
    }
    let mut found = Vec::new();
    if !document.spdx_version.0.is_empty() {
        found.extend(document.packages.0.into_iter().take(PACKAGES_MAX).map(SpdxPackage::shown));
    } else if document.bom_format.0.eq_ignore_ascii_case("CycloneDX") {
        collect(document.components.0, &mut found);
    } else {
        return None;
    }
    found.retain(|package| !package.name.is_empty());
    found.sort();
    found.dedup();
    Some(found)
}

fn collect(components: Vec<Component>, found: &mut Vec<SbomPackage>) {
    for component in components {
        if found.len() >= PACKAGES_MAX {
            return;
        }
        let (package, inner) = component.shown();
        found.push(package);
        collect(inner, found);
    }
}

/// Every shape at once: a document, or something around one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    payload: Text,
    #[serde(rename = "dsseEnvelope")]
    envelope: Maybe<Box<Document>>,
    predicate: Maybe<Box<Document>>,
    sbom: Maybe<Box<Document>>,
    #[serde(rename = "Data")]
    data: Maybe<Box<Document>>,
    #[serde(rename = "spdxVersion")]
    spdx_version: Text,
    packages: Items<SpdxPackage>,
    #[serde(rename = "bomFormat")]
    bom_format: Text,
    components: Items<Component>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SpdxPackage {
    name: Text,
    version_info: Text,
    license_concluded: Text,
    license_declared: Text,
    primary_package_purpose: Text,
    external_refs: Items<ExternalRef>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ExternalRef {
    reference_type: Text,
    reference_locator: Text,
}

impl SpdxPackage {
    fn shown(self) -> SbomPackage {
        let purl = self.external_refs.0.into_iter().find(|reference| reference.reference_type.0 == "purl");
        let purl = purl.map(|reference| reference.reference_locator.0).unwrap_or_default();
        // What the document leaves open is no licence.
        let says = |text: &&Text| !matches!(text.0.as_str(), "" | "NOASSERTION" | "NONE");
        let licence = [&self.license_concluded, &self.license_declared].into_iter().find(says);
        let licence = licence.map(|text| text.0.clone()).unwrap_or_default();
        let fallback = self.primary_package_purpose.0.to_ascii_lowercase();
        shown(self.name.0, self.version_info.0, &fallback, licence, purl)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Component {
    #[serde(rename = "type")]
    kind: Text,
    group: Text,
    name: Text,
    version: Text,
    purl: Text,
    licenses: Items<Choice>,
    components: Items<Component>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    license: Maybe<Box<Licence>>,
    expression: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Licence {
    id: Text,
    name: Text,
}

impl Component {
    fn shown(self) -> (SbomPackage, Vec<Component>) {
        let name = if self.group.0.is_empty() { self.name.0 } else { format!("{}/{}", self.group.0, self.name.0) };
        let licences = self.licenses.0.into_iter().map(|choice| match choice.license.0 {
            Some(licence) if !licence.id.0.is_empty() => licence.id.0,
            Some(licence) => licence.name.0,
            None => choice.expression.0,
        });
        let licences: Vec<String> = licences.filter(|licence| !licence.is_empty()).collect();
        (shown(name, self.version.0, &self.kind.0, licences.join(", "), self.purl.0), self.components.0)
    }
}

fn shown(name: String, version: String, kind: &str, licence: String, purl: String) -> SbomPackage {
    let of_purl = purl.strip_prefix("pkg:").and_then(|rest| rest.split_once('/')).map(|(kind, _)| kind.to_owned());
    let cut = |text: String| text.chars().take(TEXT_CHARS_MAX).collect::<String>();
    SbomPackage {
        name: cut(name),
        version: cut(version),
        kind: cut(of_purl.unwrap_or_else(|| kind.to_owned())),
        licence: cut(licence),
        purl: cut(purl),
    }
}

/// A text; empty for everything else.
#[derive(Default)]
struct Text(String);

/// A list; empty for everything else. Elements of another shape are left out.
struct Items<T>(Vec<T>);

impl<T> Default for Items<T> {
    fn default() -> Self {
        Items(Vec::new())
    }
}

/// An object; nothing for everything else.
struct Maybe<T>(Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Maybe(None)
    }
}

/// Reads whatever there is, and keeps what is of the kind that is wanted.
trait Loose<'de>: Default {
    fn text(_: &str) -> Self {
        Self::default()
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl Loose<'_> for Text {
    fn text(text: &str) -> Self {
        Text(text.to_owned())
    }
}

impl<'de, T: DeserializeOwned + Default> Loose<'de> for Items<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut items = Vec::new();
        while items.len() < PACKAGES_MAX && LEFT.get() > 0 {
            let Some(Maybe(item)) = list.next_element::<Maybe<T>>()? else { return Ok(Items(items)) };
            LEFT.set(LEFT.get().saturating_sub(usize::from(item.is_some())));
            items.extend(item);
        }
        // The rest is read to its end and dropped.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Items(items))
    }
}

impl<'de, T: Deserialize<'de> + Default> Loose<'de> for Maybe<T> {
    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(|value| Maybe(Some(value)))
    }
}

struct Reader<L>(PhantomData<L>);

impl<'de, L: Loose<'de>> Visitor<'de> for Reader<L> {
    type Value = L;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<L, E> {
        Ok(L::text(text))
    }
    fn visit_bool<E: de::Error>(self, _: bool) -> Result<L, E> {
        Ok(L::default())
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<L, E> {
        Ok(L::default())
    }
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<L, E> {
        Ok(L::default())
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<L, E> {
        Ok(L::default())
    }
    fn visit_unit<E: de::Error>(self) -> Result<L, E> {
        Ok(L::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<L, A::Error> {
        L::list(list)
    }
    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<L, A::Error> {
        L::object(object)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde_json::{Value, json};

    use super::*;

    fn read(value: &Value) -> Option<Vec<String>> {
        let packages = packages(value.to_string().as_bytes())?;
        let line = |package: SbomPackage| [package.name, package.version, package.kind, package.licence].join("|");
        Some(packages.into_iter().map(line).collect())
    }

    fn spdx() -> Value {
        json!({
            "spdxVersion": "SPDX-2.3", "name": "app",
            "packages": [
                { "name": "openssl", "versionInfo": "3.0.15-1", "licenseConcluded": "NOASSERTION",
                  "licenseDeclared": "Apache-2.0",
                  "externalRefs": [{ "referenceType": "purl", "referenceLocator": "pkg:deb/debian/openssl@3.0.15-1" }] },
                { "name": "app", "versionInfo": 7, "primaryPackagePurpose": "APPLICATION", "externalRefs": null },
                "nonsense", { "versionInfo": "1" },
            ],
        })
    }

    fn cyclonedx() -> Value {
        json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6",
            "components": [
                { "type": "library", "group": "@types", "name": "node", "version": "20", "purl": "pkg:npm/%40types/node@20",
                  "licenses": [{ "license": { "id": "MIT" } }, { "license": { "name": "Own" } }],
                  "components": [{ "type": "library", "name": "inner", "licenses": [{ "expression": "MIT OR ISC" }] }] },
                { "type": "library", "name": "inner", "licenses": [{ "expression": "MIT OR ISC" }] },
            ],
        })
    }

    #[test]
    fn packages_of_both_formats() {
        let spdx_packages = ["app|||application".to_owned(), "openssl|3.0.15-1|deb|Apache-2.0".to_owned()];
        assert_eq!(read(&spdx()).unwrap()[1], spdx_packages[1]);
        assert_eq!(read(&spdx()).unwrap().len(), 2, "what has no name is no package");
        assert_eq!(read(&cyclonedx()).unwrap(), ["@types/node|20|npm|MIT, Own", "inner||library|MIT OR ISC"]);
    }

    #[test]
    fn envelopes_are_opened() {
        let statement = json!({ "predicateType": "https://spdx.dev/Document", "predicate": spdx() });
        let envelope = json!({ "payload": STANDARD.encode(statement.to_string()), "signatures": [] });
        for wrapped in [
            statement.clone(),
            envelope.clone(),
            json!({ "dsseEnvelope": envelope }),
            json!({ "predicate": { "Data": spdx() } }),
            json!({ "sbom": spdx() }),
        ] {
            assert_eq!(read(&wrapped).unwrap().len(), 2, "{wrapped}");
        }
    }

    #[test]
    fn all_lists_share_one_budget() {
        let many = "{},".repeat(PACKAGES_MAX - 2);
        let lists = |name: &str| format!(r#"{{"{name}":[{many}{{}}]}},"#).repeat(6);
        let nested = format!(r#"{{"bomFormat":"CycloneDX","components":[{}{{}}]}}"#, lists("components"));
        LEFT.set(ELEMENTS_MAX);
        let document: Document = serde_json::from_str(&nested).unwrap();
        let outer = document.components.0;
        let kept = outer.len() + outer.iter().map(|component| component.components.0.len()).sum::<usize>();
        // What is open when the budget ends is kept too.
        assert!((ELEMENTS_MAX..ELEMENTS_MAX + 10).contains(&kept), "{kept}");

        let spdx_lists = format!(
            r#"{{"spdxVersion":"SPDX-2.3","packages":[{{"name":"first"}},{}{{"name":"last"}}]}}"#,
            lists("externalRefs")
        );
        let found = packages(spdx_lists.as_bytes()).unwrap();
        let names: Vec<&str> = found.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["first"], "what comes after the budget is not there");
        assert_eq!(read(&spdx()).unwrap().len(), 2, "the next document has a budget of its own");
    }

    #[test]
    fn what_is_no_element_costs_nothing() {
        let nulls = "null,".repeat(ELEMENTS_MAX + 1);
        let document = format!(r#"{{"spdxVersion":"SPDX-2.3","packages":[{nulls}{{"name":"last"}}]}}"#);
        assert_eq!(packages(document.as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn nonsense_breaks_nothing() {
        for bytes in ["", "[]", "7", "{}", r#"{"predicate":[]}"#, r#"{"payload":"%"}"#, r#"{"bomFormat":{}}"#] {
            assert!(packages(bytes.as_bytes()).is_none(), "{bytes}");
        }
        assert_eq!(packages(br#"{"spdxVersion":"SPDX-2.3","packages":7}"#), Some(Vec::new()));
        let deep = format!("{}{}", r#"{"predicate":"#.repeat(100), "}".repeat(100));
        assert!(packages(deep.as_bytes()).is_none());
    }
}
