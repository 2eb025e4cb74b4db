//! What goes from one repository: what no rule keeps, with what refers to it and the children that nothing else shows, but
//! nothing that an immutability rule protects and nothing that an index lists which stays.

use std::collections::HashMap;

use berth_db::query::retention::{Content, TagOn};
use berth_types::{Digest, Timestamp, api::RetentionReason};

use super::evaluate::{Candidate, Miss, Outcome, Rule, evaluate};

/// Everything in a repository.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub manifests: Vec<Content>,
    pub tags: Vec<TagOn>,
    /// Child and index, by row id.
    pub listings: Vec<(i64, i64)>,
}

/// What becomes of a repository.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What people see there as artifacts, newest first.
    pub artifacts: Vec<Fate>,
    /// Whether each manifest goes, in the order of the contents.
    pub goes: Vec<bool>,
}

/// What becomes of an artifact.
#[derive(Debug)]
pub(crate) struct Fate {
    pub digest: Digest,
    pub pushed: Timestamp,
    pub pulled: Timestamp,
    /// The numbers of the rules that keep it.
    pub kept_by: Vec<usize>,
    /// The rule that came nearest to keeping it.
    pub missed: Option<Miss>,
    /// Nothing where it goes.
    pub stays: Option<Stay>,
    pub tags: Vec<TagFate>,
}

/// Why an artifact stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stay {
    /// Rules keep it.
    Rules,
    /// A tag of it is immutable.
    Immutable,
    /// Something that would go along is immutable.
    Attached,
    /// An index that stays lists it.
    Listed,
}

/// A tag and whether it is one for which rules keep its artifact.
#[derive(Debug)]
pub(crate) struct TagFate {
    pub name: String,
    pub is_selected: bool,
}

impl Fate {
    /// The reason for a tag of it, and the other tag for which it stays.
    pub fn reason(&self, tag: Option<&TagFate>) -> (RetentionReason, Option<String>) {
        match (self.stays, tag) {
            (Some(Stay::Rules), Some(tag)) if !tag.is_selected => {
                let other = self.tags.iter().find(|tag| tag.is_selected).map(|tag| tag.name.clone());
                (if other.is_some() { RetentionReason::SameArtifact } else { RetentionReason::Rule }, other)
            }
            (Some(Stay::Rules), _) => (RetentionReason::Rule, None),
            (Some(Stay::Immutable), _) => (RetentionReason::Immutable, None),
            (Some(Stay::Attached), _) => (RetentionReason::Attached, None),
            (Some(Stay::Listed), _) => (RetentionReason::Listed, None),
            (None, _) => match self.missed {
                Some(Miss { rank: Some(_), .. }) => (RetentionReason::Rank, None),
                Some(Miss { rank: None, .. }) => (RetentionReason::Age, None),
                None => (RetentionReason::Unselected, None),
            },
        }
    }
}

/// Decides about a repository of which at least one rule speaks. `protect` says whether an immutability rule protects a
/// tag.
pub(crate) fn plan(rules: &[&Rule], contents: &Contents, protect: &dyn Fn(&str) -> bool, now: Timestamp) -> Plan {
    let shelf = Shelf::of(contents);
    let candidates: Vec<usize> = (0..contents.manifests.len()).filter(|index| shelf.is_artifact(*index)).collect();
    let told: Vec<Candidate> = candidates.iter().map(|index| shelf.candidate(*index)).collect();
    let outcomes = evaluate(rules, &told, now);

    let own: Vec<bool> =
        shelf.tags.iter().map(|tags| tags.iter().any(|tag| protect(&contents.tags[*tag].name))).collect();
    let held = shelf.held(&own);
    let mut is_candidate = vec![false; contents.manifests.len()];
    let mut may_go = vec![true; contents.manifests.len()];
    for (index, outcome) in candidates.iter().zip(&outcomes) {
        is_candidate[*index] = true;
        may_go[*index] = outcome.kept_by.is_empty();
    }
    for (may_go, held) in may_go.iter_mut().zip(&held) {
        *may_go &= !held;
    }
    let goes = shelf.going(may_go, &is_candidate);

    let mut artifacts: Vec<(i64, Fate)> = Vec::with_capacity(candidates.len());
    for ((index, told), outcome) in candidates.into_iter().zip(told).zip(outcomes) {
        let stays = match (outcome.kept_by.is_empty(), goes[index]) {
            (false, _) => Some(Stay::Rules),
            (true, true) => None,
            (true, false) if own[index] => Some(Stay::Immutable),
            (true, false) if held[index] => Some(Stay::Attached),
            (true, false) => Some(Stay::Listed),
        };
        artifacts.push((told.id, shelf.fate(index, told, outcome, stays, rules)));
    }
    artifacts.sort_by_key(|(id, fate)| std::cmp::Reverse((fate.pushed, *id)));
    Plan { artifacts: artifacts.into_iter().map(|(_, fate)| fate).collect(), goes }
}

/// What is in a repository, by position in its contents.
struct Shelf<'c> {
    contents: &'c Contents,
    /// The tags of each manifest.
    tags: Vec<Vec<usize>>,
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
    /// What each manifest refers to, where it is here.
    subject: Vec<Option<usize>>,
    accessories: Vec<Vec<usize>>,
}

impl<'c> Shelf<'c> {
    fn of(contents: &'c Contents) -> Self {
        let count = contents.manifests.len();
        let ids: HashMap<i64, usize> = contents.manifests.iter().map(|row| row.id).zip(0..).collect();
        let digests: HashMap<&Digest, usize> = contents.manifests.iter().map(|row| &row.digest).zip(0..).collect();
        let mut shelf = Shelf {
            contents,
            tags: vec![Vec::new(); count],
            parents: vec![Vec::new(); count],
            children: vec![Vec::new(); count],
            subject: vec![None; count],
            accessories: vec![Vec::new(); count],
        };
        for (position, tag) in contents.tags.iter().enumerate() {
            if let Some(index) = ids.get(&tag.manifest) {
                shelf.tags[*index].push(position);
            }
        }
        for (child, parent) in &contents.listings {
            if let (Some(child), Some(parent)) = (ids.get(child), ids.get(parent)) {
                shelf.parents[*child].push(*parent);
                shelf.children[*parent].push(*child);
            }
        }
        for (index, row) in contents.manifests.iter().enumerate() {
            let subject = row.subject.as_ref().and_then(|digest| digests.get(digest)).copied();
            if let Some(subject) = subject {
                shelf.subject[index] = Some(subject);
                shelf.accessories[subject].push(index);
            }
        }
        shelf
    }

    /// Whether people see it as an artifact of its own.
    fn is_artifact(&self, index: usize) -> bool {
        let row = &self.contents.manifests[index];
        row.subject.is_none() && (!self.tags[index].is_empty() || row.parents == 0)
    }

    /// What rules look at. Times of tags count where they are later, as in Harbor.
    fn candidate(&self, index: usize) -> Candidate {
        let row = &self.contents.manifests[index];
        let tags = || self.tags[index].iter().map(|tag| &self.contents.tags[*tag]);
        let pushed = tags().map(|tag| tag.pushed_at).fold(row.pushed_at, Timestamp::max);
        let pulled = tags().filter_map(|tag| tag.pulled_at).chain(row.pulled_at).max();
        Candidate {
            tags: tags().map(|tag| tag.name.clone()).collect(),
            pushed,
            pulled: pulled.unwrap_or(Timestamp::NEVER),
            id: row.id,
        }
    }

    /// What cannot go because it is protected itself, or would take something protected along.
    fn held(&self, own: &[bool]) -> Vec<bool> {
        let mut held = own.to_vec();
        let mut next: Vec<usize> = (0..held.len()).filter(|index| held[*index]).collect();
        while let Some(index) = next.pop() {
            // Only children without tags go with their index.
            let parents = if self.tags[index].is_empty() { self.parents[index].as_slice() } else { &[] };
            for above in self.subject[index].iter().chain(parents) {
                if !held[*above] {
                    held[*above] = true;
                    next.push(*above);
                }
            }
        }
        held
    }

    /// What goes of that which may: an artifact unless an index that stays lists it, anything else with what it refers to,
    /// or with all indexes that list it.
    fn going(&self, mut goes: Vec<bool>, is_candidate: &[bool]) -> Vec<bool> {
        let stays = |index: usize, goes: &[bool]| {
            let by_parents = self.parents[index].iter().all(|parent| goes[*parent]);
            if is_candidate[index] {
                return !by_parents;
            }
            let by_subject = self.subject[index].is_some_and(|subject| goes[subject]);
            let is_child = self.tags[index].is_empty() && !self.parents[index].is_empty();
            !(by_subject || (is_child && by_parents))
        };
        let mut next: Vec<usize> = (0..goes.len()).filter(|index| !goes[*index]).collect();
        for index in 0..goes.len() {
            if goes[index] && stays(index, &goes) {
                goes[index] = false;
                next.push(index);
            }
        }
        while let Some(index) = next.pop() {
            for below in self.children[index].iter().chain(&self.accessories[index]) {
                if goes[*below] && stays(*below, &goes) {
                    goes[*below] = false;
                    next.push(*below);
                }
            }
        }
        goes
    }

    fn fate(&self, index: usize, told: Candidate, outcome: Outcome, stays: Option<Stay>, rules: &[&Rule]) -> Fate {
        let keeping: Vec<&&Rule> = rules.iter().filter(|rule| outcome.kept_by.contains(&rule.number)).collect();
        let tags = told.tags.into_iter().map(|name| {
            let is_selected = keeping.iter().any(|rule| rule.selects_tag(&name));
            TagFate { name, is_selected }
        });
        Fate {
            digest: self.contents.manifests[index].digest,
            pushed: told.pushed,
            pulled: told.pulled,
            kept_by: outcome.kept_by,
            missed: outcome.missed,
            stays,
            tags: tags.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use berth_types::api::RetentionRule;
    use serde_json::json;

    use super::super::evaluate::Rules;
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_773_480_960);

    fn digest(id: u8) -> Digest {
        Digest::Sha256([id; 32])
    }

    /// A manifest pushed so many seconds after the first one.
    fn manifest(id: u8, subject: Option<u8>, parents: i64) -> Content {
        Content {
            id: i64::from(id),
            digest: digest(id),
            subject: subject.map(digest),
            parents,
            size: 100,
            pushed_at: NOW.plus_seconds(i64::from(id) - 1000),
            pulled_at: None,
        }
    }

    fn tag(manifest: u8, name: &str) -> TagOn {
        let (pushed_at, pulled_at) = (NOW.plus_seconds(i64::from(manifest) - 1000), None);
        TagOn { manifest: i64::from(manifest), name: name.to_owned(), pushed_at, pulled_at }
    }

    fn rules(template: &str, number: i64, pattern: &str) -> Rules {
        let rule: RetentionRule = serde_json::from_value(json!({
            "action": "retain", "template": template, "params": { template: number },
            "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": pattern }],
            "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
        }))
        .unwrap();
        Rules::read(&[rule]).unwrap()
    }

    /// The ids that go.
    fn going(contents: &Contents, rules: &Rules, protect: &dyn Fn(&str) -> bool) -> (Vec<i64>, Plan) {
        let plan = plan(&rules.of("app"), contents, protect, NOW);
        let gone = contents.manifests.iter().zip(&plan.goes).filter(|(_, goes)| **goes).map(|(row, _)| row.id);
        (gone.collect(), plan)
    }

    fn nobody(_: &str) -> bool {
        false
    }

    #[test]
    fn tags_of_one_artifact_stay_together() {
        let contents = Contents {
            manifests: vec![manifest(1, None, 0), manifest(2, None, 0), manifest(3, None, 0)],
            tags: vec![tag(1, "latest"), tag(1, "v1"), tag(2, "pr-1"), tag(3, "pr-2")],
            ..Contents::default()
        };
        let (gone, plan) = going(&contents, &rules("latestPushedK", 5, "v*"), &nobody);
        assert_eq!(gone, [2, 3]);
        let oldest = plan.artifacts.last().unwrap();
        assert_eq!(oldest.stays, Some(Stay::Rules));
        let reasons: Vec<_> = oldest.tags.iter().map(|tag| oldest.reason(Some(tag))).collect();
        assert_eq!(reasons, [(RetentionReason::SameArtifact, Some("v1".to_owned())), (RetentionReason::Rule, None)]);
        assert_eq!(plan.artifacts[0].reason(None).0, RetentionReason::Unselected);
        let (gone, plan) = going(&contents, &rules("latestPushedK", 1, "pr-*"), &|tag| tag == "latest");
        assert_eq!(gone, [2]);
        assert_eq!(plan.artifacts[1].reason(None), (RetentionReason::Rank, None));
        assert_eq!(plan.artifacts[1].missed.unwrap().rank, Some(2));
        assert_eq!(plan.artifacts[2].stays, Some(Stay::Immutable));
    }

    #[test]
    fn what_refers_to_an_artifact_goes_along() {
        let contents = Contents {
            // A signature of the first, and a signature of that; one whose subject is not here.
            manifests: vec![
                manifest(1, None, 0),
                manifest(2, Some(1), 0),
                manifest(3, Some(2), 0),
                manifest(4, Some(9), 0),
                manifest(5, None, 0),
            ],
            tags: vec![tag(1, "pr-1"), tag(2, "sha256-1.sig"), tag(5, "v1")],
            ..Contents::default()
        };
        let (gone, plan) = going(&contents, &rules("always", 0, "v*"), &nobody);
        assert_eq!(gone, [1, 2, 3]);
        assert_eq!(plan.artifacts.len(), 2);
        let (gone, plan) = going(&contents, &rules("always", 0, "v*"), &|tag| tag.ends_with(".sig"));
        assert_eq!(gone, [0i64; 0]);
        assert_eq!(plan.artifacts[1].stays, Some(Stay::Attached));
    }

    #[test]
    fn children_go_with_the_last_index_that_lists_them() {
        let listed = |children: &[(i64, i64)], tags: Vec<TagOn>| Contents {
            manifests: vec![
                manifest(1, None, 2),
                manifest(2, None, 1),
                manifest(3, None, 0),
                manifest(4, None, 0),
                manifest(5, Some(2), 0),
            ],
            tags,
            listings: children.to_vec(),
        };
        let lines = [(1, 3), (1, 4), (2, 4)];
        // The first index goes, the second stays with both children.
        let (gone, _) = going(&listed(&lines, vec![tag(3, "pr"), tag(4, "v1")]), &rules("always", 0, "v*"), &nobody);
        assert_eq!(gone, [3]);
        // The other way round a child goes, with its signature.
        let (gone, _) = going(&listed(&lines, vec![tag(3, "v1"), tag(4, "pr")]), &rules("always", 0, "v*"), &nobody);
        assert_eq!(gone, [2, 4, 5]);
        // A tag on a child makes it an artifact of its own, which an index that stays keeps.
        let tags = || vec![tag(1, "pr-child"), tag(3, "v1"), tag(4, "pr")];
        let (gone, plan) = going(&listed(&lines, tags()), &rules("always", 0, "v*"), &nobody);
        assert_eq!(gone, [2, 4, 5]);
        let child = plan.artifacts.iter().find(|fate| fate.digest == digest(1)).unwrap();
        assert_eq!(child.stays, Some(Stay::Listed));
        // With all indexes it goes, and by a rule it stays where they go.
        let tags = |child: &str| vec![tag(1, child), tag(3, "pr-3"), tag(4, "pr-4")];
        let (gone, _) = going(&listed(&lines, tags("pr-1")), &rules("always", 0, "v*"), &nobody);
        assert_eq!(gone, [1, 2, 3, 4, 5]);
        let (gone, _) = going(&listed(&lines, tags("v1")), &rules("always", 0, "v*"), &nobody);
        assert_eq!(gone, [2, 3, 4, 5]);
    }
}
