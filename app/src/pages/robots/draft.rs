//! What a form about a robot posts, and what it asks for.

#[cfg(any(feature = "ssr", test))]
use super::Home;
#[cfg(any(feature = "ssr", test))]
use super::grant::{Grant, Pair, Places, Preset, project_names, read_token};
#[cfg(any(feature = "ssr", test))]
use super::life::{DAYS_MAX, Expiry};
#[cfg(any(feature = "ssr", test))]
use crate::form::{Fault, FormError};
use serde::{Deserialize, Serialize};

/// In place of a preset: what a robot may stays as it is.
pub(super) const KEEP: &str = "keep";

/// What a form about a robot posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RobotForm {
    /// The project; empty for the system.
    pub(super) project: String,
    /// Name without prefix and project, of a new robot.
    pub(super) name: String,
    pub(super) description: String,
    /// `keep`, `never`, `other`, or days.
    expiry: String,
    /// Days, where `other` is chosen.
    days: String,
    preset: String,
    /// `resource:action` in projects, where no preset is chosen.
    permissions: Vec<String>,
    /// `resource:action` in the system.
    system: Vec<String>,
    /// `none`, `all`, `some`: the projects of a robot of the system.
    scope: String,
    /// Names, where `some` is chosen.
    projects: String,
}

/// What a form asks for, read.
#[cfg(any(feature = "ssr", test))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) expiry: Expiry,
    /// Nothing where it stays as it is.
    pub(super) grant: Option<Grant>,
}

#[cfg(any(feature = "ssr", test))]
impl RobotForm {
    /// An answer that remembers what was filled in.
    pub(super) fn answer(&self) -> FormError {
        FormError::keeping(&[
            ("name", self.name.trim()),
            ("description", self.description.trim()),
            ("expiry", &self.expiry),
            ("days", &self.days),
            ("preset", &self.preset),
            ("permissions", &self.permissions.join(" ")),
            ("system", &self.system.join(" ")),
            ("scope", &self.scope),
            ("projects", &self.projects),
        ])
    }

    /// Reads what is asked for a robot of this place.
    pub(super) fn read(&self, home: &Home, is_new: bool) -> Result<Wanted, FormError> {
        let mut answer = self.answer();
        if is_new && !is_name(self.name.trim()) {
            let fault = if self.name.trim().is_empty() { Fault::NameRequired } else { Fault::RobotName };
            answer.check("name", Some(fault));
        }
        let expiry = match Expiry::read(&self.expiry, &self.days) {
            Ok(Expiry::Keep) if is_new => Err(Fault::NumberRange(1, DAYS_MAX)),
            read => read,
        };
        let expiry = expiry.unwrap_or_else(|fault| {
            answer.check("days", Some(fault));
            Expiry::Keep
        });
        let keeps = self.preset == KEEP && !is_new;
        let grant = (!keeps).then(|| self.grant(home));
        if let Some(grant) = &grant {
            if grant.places == Places::Named(Vec::new()) {
                answer.check("projects", Some(Fault::RobotProjects));
            } else if grant.blocks().is_empty() {
                answer.check("permissions", Some(Fault::RobotPermissions));
            }
        }
        answer.pass()?;
        Ok(Wanted { expiry, grant })
    }

    fn grant(&self, home: &Home) -> Grant {
        let pairs = |tokens: &[String]| tokens.iter().filter_map(|text| read_token(text)).collect::<Vec<Pair>>();
        let project = match Preset::parse(&self.preset) {
            Preset::Custom => pairs(&self.permissions),
            preset => preset.pairs().to_vec(),
        };
        match home {
            Home::Project(name) => Grant { project, places: Places::Named(vec![name.to_string()]), system: Vec::new() },
            Home::System => {
                let places = match self.scope.as_str() {
                    "all" => Places::All,
                    "some" => Places::Named(project_names(&self.projects)),
                    _ => Places::None,
                };
                Grant { project, places, system: pairs(&self.system) }
            }
        }
    }
}

/// `[a-z0-9]+` with single separators between, as the API wants it.
#[cfg(any(feature = "ssr", test))]
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= 200 && name.split(['.', '_', '-']).all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::policy::{Action, Resource};

    fn form(preset: &str) -> RobotForm {
        RobotForm { name: " ci-1 ".into(), expiry: "30".into(), preset: preset.into(), ..RobotForm::default() }
    }

    fn team() -> Home {
        Home::Project("team".parse().unwrap())
    }

    fn faults(form: &RobotForm, home: &Home, is_new: bool) -> Vec<(String, Fault)> {
        form.read(home, is_new).unwrap_err().faults
    }

    #[test]
    fn a_preset_decides_and_ticks_count_without_one() {
        let ticks = vec!["tag:list".to_owned(), "nonsense".to_owned()];
        let preset = RobotForm { permissions: ticks.clone(), ..form("pull") };
        let grant = preset.read(&team(), true).unwrap().grant.unwrap();
        assert_eq!(grant.project, [(Resource::Repository, Action::Pull)]);
        assert_eq!(grant.places, Places::Named(vec!["team".into()]));
        let custom = RobotForm { permissions: ticks, ..form("custom") };
        assert_eq!(custom.read(&team(), true).unwrap().grant.unwrap().project, [(Resource::Tag, Action::List)]);
        assert_eq!(faults(&form("custom"), &team(), true), [("permissions".to_owned(), Fault::RobotPermissions)]);
    }

    #[test]
    fn robots_of_the_system_have_places() {
        let some = RobotForm { scope: "some".into(), projects: "a b".into(), ..form("push") };
        let grant = some.read(&Home::System, true).unwrap().grant.unwrap();
        assert_eq!(grant.places, Places::Named(vec!["a".into(), "b".into()]));
        let nowhere = RobotForm { scope: "some".into(), ..form("push") };
        assert_eq!(faults(&nowhere, &Home::System, true), [("projects".to_owned(), Fault::RobotProjects)]);
        // What holds in no project is given only in the system.
        let none = RobotForm { scope: "none".into(), ..form("push") };
        assert_eq!(faults(&none, &Home::System, true), [("permissions".to_owned(), Fault::RobotPermissions)]);
        let system = RobotForm { system: vec!["registry:list".into()], ..none };
        assert_eq!(system.read(&Home::System, true).unwrap().grant.unwrap().blocks().len(), 1);
        // A robot of a project is given nothing in the system.
        let sly = RobotForm { system: vec!["registry:list".into()], ..form("custom") };
        assert_eq!(faults(&sly, &team(), true).len(), 1);
    }

    #[test]
    fn names_and_days_are_checked_where_they_are_asked_for() {
        let nameless = RobotForm { name: " ".into(), ..form("pull") };
        assert_eq!(faults(&nameless, &team(), true), [("name".to_owned(), Fault::NameRequired)]);
        for bad in ["Ci", "a--b", "-a", "a+b", "ü"] {
            let bad = RobotForm { name: bad.into(), ..form("pull") };
            assert_eq!(faults(&bad, &team(), true), [("name".to_owned(), Fault::RobotName)]);
            assert!(bad.read(&team(), false).is_ok());
        }
        let keep = RobotForm { expiry: "keep".into(), ..form("pull") };
        assert_eq!(faults(&keep, &team(), true)[0].0, "days");
        assert_eq!(keep.read(&team(), false).unwrap().expiry, Expiry::Keep);
    }

    #[test]
    fn what_differs_by_project_is_kept() {
        assert_eq!(form(KEEP).read(&Home::System, false).unwrap().grant, None);
        assert_eq!(faults(&form(KEEP), &Home::System, true).len(), 1);
    }
}
