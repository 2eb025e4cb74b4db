//! What a robot is given: pairs of a resource and an action, and the places where they hold.

use berth_types::api::{Access, RobotPermission};
use berth_types::policy::{Action, Permission, Resource, RobotLevel};

/// The namespace of the system.
#[cfg(any(feature = "ssr", test))]
const SYSTEM: &str = "/";
/// The namespace of all projects.
const ALL_PROJECTS: &str = "*";

/// An action on a resource.
pub type Pair = (Resource, Action);

/// `repository:pull`, as forms post a pair.
pub fn token((resource, action): Pair) -> String {
    format!("{resource}:{action}")
}

/// Reads `repository:pull`; nothing for other words.
pub fn read_token(text: &str) -> Option<Pair> {
    let (resource, action) = text.split_once(':')?;
    Resource::parse(resource).zip(Action::parse(action))
}

/// A resource with all that can be done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The resource.
    pub resource: Resource,
    /// What can be done, reading first.
    pub actions: Vec<Action>,
}

/// The catalogue of the API as lines, one a resource, in the order of the catalogue.
pub fn lines(catalogue: &[Permission]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for Permission { resource, action } in catalogue {
        let Some((resource, action)) = Resource::parse(resource).zip(Action::parse(action)) else { continue };
        match lines.iter_mut().find(|line| line.resource == resource) {
            Some(line) => line.actions.push(action),
            None => lines.push(Line { resource, actions: vec![action] }),
        }
    }
    for line in &mut lines {
        line.actions.sort_by_key(|action| rank(*action));
    }
    lines
}

const fn rank(action: Action) -> u8 {
    match action {
        Action::Pull => 0,
        Action::Push => 1,
        Action::Read => 2,
        Action::List => 3,
        Action::Create => 4,
        Action::Update => 5,
        Action::Delete => 6,
        Action::Stop => 7,
        Action::Operate => 8,
        Action::ScannerPull => 9,
    }
}

/// A usual set of permissions in projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Pulls.
    Pull,
    /// Pulls and pushes.
    Push,
    /// What a pipeline needs: pull, push, tags, scans.
    Ci,
    /// Whatever is ticked.
    Custom,
}

const PULL: &[Pair] = &[(Resource::Repository, Action::Pull)];
const PUSH: &[Pair] = &[(Resource::Repository, Action::Pull), (Resource::Repository, Action::Push)];
const CI: &[Pair] = &[
    (Resource::Repository, Action::Pull),
    (Resource::Repository, Action::Push),
    (Resource::Repository, Action::Read),
    (Resource::Repository, Action::List),
    (Resource::Artifact, Action::Read),
    (Resource::Artifact, Action::List),
    (Resource::Tag, Action::List),
    (Resource::Tag, Action::Create),
    (Resource::Scan, Action::Read),
    (Resource::Scan, Action::Create),
    (Resource::Sbom, Action::Read),
    (Resource::Sbom, Action::Create),
];

impl Preset {
    /// All presets, the weakest first.
    pub const ALL: [Preset; 4] = [Preset::Pull, Preset::Push, Preset::Ci, Preset::Custom];

    /// The word that forms post.
    pub const fn as_str(self) -> &'static str {
        match self {
            Preset::Pull => "pull",
            Preset::Push => "push",
            Preset::Ci => "ci",
            Preset::Custom => "custom",
        }
    }

    /// Reads the word; whatever is no preset is [`Preset::Custom`].
    pub fn parse(text: &str) -> Preset {
        Preset::ALL.into_iter().find(|preset| preset.as_str() == text).unwrap_or(Preset::Custom)
    }

    /// What it consists of; nothing for [`Preset::Custom`].
    pub const fn pairs(self) -> &'static [Pair] {
        match self {
            Preset::Pull => PULL,
            Preset::Push => PUSH,
            Preset::Ci => CI,
            Preset::Custom => &[],
        }
    }

    /// The preset with exactly these pairs.
    pub fn of(pairs: &[Pair]) -> Preset {
        let same = |preset: &Preset| {
            let own = preset.pairs();
            own.len() == pairs.len() && own.iter().all(|pair| pairs.contains(pair))
        };
        Preset::ALL.into_iter().filter(|preset| *preset != Preset::Custom).find(same).unwrap_or(Preset::Custom)
    }
}

/// Where the permissions in projects hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Places {
    /// Nowhere.
    #[default]
    None,
    /// In all projects, also in those that are made later.
    All,
    /// In these.
    Named(Vec<String>),
}

/// What a robot is given, where it is the same in all of its projects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// In each of its projects.
    pub project: Vec<Pair>,
    /// Which projects.
    pub places: Places,
    /// In the system.
    pub system: Vec<Pair>,
}

impl Grant {
    /// As the API takes it.
    #[cfg(any(feature = "ssr", test))]
    pub fn blocks(&self) -> Vec<RobotPermission> {
        let block = |kind: RobotLevel, namespace: &str, pairs: &[Pair]| RobotPermission {
            kind: kind.as_str().to_owned(),
            namespace: namespace.to_owned(),
            access: pairs
                .iter()
                .map(|(resource, action)| Access {
                    resource: resource.as_str().to_owned(),
                    action: action.as_str().to_owned(),
                    effect: String::new(),
                })
                .collect(),
        };
        let mut blocks = Vec::new();
        if !self.system.is_empty() {
            blocks.push(block(RobotLevel::System, SYSTEM, &self.system));
        }
        if !self.project.is_empty() {
            match &self.places {
                Places::None => {}
                Places::All => blocks.push(block(RobotLevel::Project, ALL_PROJECTS, &self.project)),
                Places::Named(names) => {
                    blocks.extend(names.iter().map(|name| block(RobotLevel::Project, name, &self.project)));
                }
            }
        }
        blocks
    }

    /// Reads what the API shows; nothing where the projects differ in what the robot may, which one form cannot show.
    pub fn read(blocks: &[RobotPermission]) -> Option<Grant> {
        let mut grant = Grant::default();
        let mut first = true;
        for block in blocks {
            let mut pairs = pairs_of(block)?;
            if block.kind == RobotLevel::System.as_str() {
                grant.system.append(&mut pairs);
                continue;
            }
            let same = pairs.len() == grant.project.len() && pairs.iter().all(|pair| grant.project.contains(pair));
            if !first && !same {
                return None;
            }
            grant.places = match (std::mem::take(&mut grant.places), block.namespace.as_str()) {
                (Places::None, ALL_PROJECTS) => Places::All,
                (Places::None, name) => Places::Named(vec![name.to_owned()]),
                (Places::Named(mut names), name) if name != ALL_PROJECTS => {
                    names.push(name.to_owned());
                    Places::Named(names)
                }
                (Places::All | Places::Named(_), _) => return None,
            };
            (grant.project, first) = (pairs, false);
        }
        Some(grant)
    }
}

fn pairs_of(block: &RobotPermission) -> Option<Vec<Pair>> {
    let pair = |access: &Access| Resource::parse(&access.resource).zip(Action::parse(&access.action));
    block.access.iter().map(pair).collect()
}

/// What a robot may, in a few facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Pulls somewhere.
    pub pull: bool,
    /// Pushes somewhere.
    pub push: bool,
    /// Different permissions besides pull and push.
    pub more: u64,
    /// Whether it holds in all projects.
    pub all_projects: bool,
    /// Projects that are named.
    pub projects: u64,
    /// Whether some of it holds in the system.
    pub system: bool,
}

impl Summary {
    /// Of what the API shows.
    pub fn of(blocks: &[RobotPermission]) -> Summary {
        let mut seen: Vec<(&str, &str, &str)> = Vec::new();
        for block in blocks {
            for access in &block.access {
                let one = (block.kind.as_str(), access.resource.as_str(), access.action.as_str());
                if !seen.contains(&one) {
                    seen.push(one);
                }
            }
        }
        let has = |action: Action| {
            seen.iter().any(|(_, of, what)| *of == Resource::Repository.as_str() && *what == action.as_str())
        };
        let (pull, push) = (has(Action::Pull), has(Action::Push));
        let in_projects = blocks.iter().filter(|block| block.kind == RobotLevel::Project.as_str());
        let all_projects = in_projects.clone().any(|block| block.namespace == ALL_PROJECTS);
        let projects = in_projects.filter(|block| block.namespace != ALL_PROJECTS).count();
        let more = seen.len() - usize::from(pull) - usize::from(push);
        Summary {
            pull,
            push,
            more: more as u64,
            all_projects,
            projects: projects as u64,
            system: blocks.iter().any(|block| block.kind == RobotLevel::System.as_str()),
        }
    }
}

/// Names of projects as somebody types them: between spaces, commas or line ends, each once.
#[cfg(any(feature = "ssr", test))]
pub fn project_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split([' ', ',', ';', '\n', '\r', '\t']).filter(|name| !name.is_empty()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::policy::{robot_can_be_given, robot_permissions};

    fn block(kind: &str, namespace: &str, pairs: &[Pair]) -> RobotPermission {
        let grant = Grant { project: pairs.to_vec(), places: Places::Named(vec![namespace.into()]), system: vec![] };
        RobotPermission { kind: kind.into(), ..grant.blocks().remove(0) }
    }

    #[test]
    fn tokens_are_read_back() {
        for pair in robot_permissions(RobotLevel::System) {
            assert_eq!(read_token(&token(pair)), Some(pair));
        }
        assert_eq!((read_token("repository"), read_token("a:pull"), read_token("tag:eat")), (None, None, None));
    }

    #[test]
    fn the_catalogue_has_one_line_a_resource() {
        let catalogue: Vec<Permission> = robot_permissions(RobotLevel::System)
            .into_iter()
            .map(|(resource, action)| Permission { resource: resource.to_string(), action: action.to_string() })
            .collect();
        let lines = lines(&catalogue);
        assert_eq!(lines.iter().map(|line| line.actions.len()).sum::<usize>(), catalogue.len());
        let quota: Vec<_> = lines.iter().filter(|line| line.resource == Resource::Quota).collect();
        assert_eq!(quota.len(), 1);
        assert_eq!(quota[0].actions, [Action::Read, Action::List, Action::Update]);
    }

    #[test]
    fn presets_can_be_given_and_are_recognised() {
        for preset in Preset::ALL {
            let pairs = preset.pairs();
            assert!(pairs.iter().all(|(of, what)| robot_can_be_given(RobotLevel::Project, *of, *what)), "{preset:?}");
            assert_eq!((Preset::parse(preset.as_str()), Preset::of(pairs)), (preset, preset));
        }
        let mut turned = CI.to_vec();
        turned.reverse();
        assert_eq!(Preset::of(&turned), Preset::Ci);
        turned.pop();
        assert_eq!(Preset::of(&turned), Preset::Custom);
    }

    #[test]
    fn grants_are_read_back() {
        let system = vec![(Resource::Registry, Action::List)];
        let named = Places::Named(vec!["a".into(), "b".into()]);
        for (project, places, system) in [
            (PULL.to_vec(), Places::Named(vec!["team".into()]), vec![]),
            (PUSH.to_vec(), Places::All, system.clone()),
            (CI.to_vec(), named, system.clone()),
            (vec![], Places::None, system),
        ] {
            let grant = Grant { project, places, system };
            assert_eq!(Grant::read(&grant.blocks()), Some(grant));
        }
        // Without a place there is nothing to give.
        assert!(Grant { project: PULL.to_vec(), ..Grant::default() }.blocks().is_empty());
    }

    #[test]
    fn projects_that_differ_are_no_single_grant() {
        assert_eq!(Grant::read(&[block("project", "a", PULL), block("project", "b", PUSH)]), None);
        assert_eq!(Grant::read(&[block("project", "*", PULL), block("project", "b", PULL)]), None);
        assert_eq!(Grant::read(&[block("project", "b", PULL), block("project", "*", PULL)]), None);
    }

    #[test]
    fn summaries_count_each_permission_once() {
        let list = [(Resource::Registry, Action::List)];
        let blocks = [block("project", "a", CI), block("project", "b", PULL), block("system", "/", &list)];
        let summary = Summary::of(&blocks);
        let expected = Summary { pull: true, push: true, more: 11, all_projects: false, projects: 2, system: true };
        assert_eq!(summary, expected);
        let everywhere = Summary::of(&[block("project", "*", PULL)]);
        assert!(everywhere.all_projects && !everywhere.push && everywhere.projects == 0 && everywhere.more == 0);
    }

    #[test]
    fn names_are_typed_in_any_way() {
        assert_eq!(project_names(" a, b\r\nc  a;"), ["a", "b", "c"]);
        assert!(project_names(" ,\n").is_empty());
    }
}
