//! What each role may do, drawn from the table that the server enforces.

use super::{YesNo, role_name};
use crate::i18n::{Key, keys};
use crate::t;
use crate::ui::{Card, Cell, Column, Row, RowHead, Table, TableBox};
use berth_types::policy::{Action, Permission, Resource, Role, Standing, project_allows};
use leptos::prelude::*;

/// A line of the matrix: what is done, and the rights that it takes.
pub(super) struct Line {
    /// The word in an address.
    pub code: &'static str,
    /// What is done, in words.
    pub text: Key,
    /// The rights that it takes in the API. What clients of the registry do takes the first of them alone.
    needs: &'static [(Resource, Action)],
    /// Whether clients of the registry do it.
    by_registry: bool,
}

pub(super) const LINES: [Line; 6] = [
    Line {
        code: "pull",
        text: keys::members::matrix::PULL,
        needs: &[(Resource::Repository, Action::Pull), (Resource::Artifact, Action::List)],
        by_registry: true,
    },
    Line {
        code: "push",
        text: keys::members::matrix::PUSH,
        needs: &[(Resource::Repository, Action::Push), (Resource::Tag, Action::Create)],
        by_registry: true,
    },
    Line {
        code: "delete",
        text: keys::members::matrix::DELETE,
        needs: &[(Resource::Tag, Action::Delete), (Resource::Artifact, Action::Delete)],
        by_registry: false,
    },
    Line {
        code: "see-members",
        text: keys::members::matrix::SEE_MEMBERS,
        needs: &[(Resource::Member, Action::List)],
        by_registry: false,
    },
    Line {
        code: "manage",
        text: keys::members::matrix::MANAGE,
        needs: &[
            (Resource::Member, Action::Update),
            (Resource::Project, Action::Update),
            (Resource::Log, Action::List),
        ],
        by_registry: false,
    },
    Line {
        code: "remove",
        text: keys::members::matrix::REMOVE,
        needs: &[(Resource::Project, Action::Delete)],
        by_registry: false,
    },
];

impl Line {
    fn allows(&self, role: Role) -> bool {
        self.needs.iter().all(|(resource, action)| project_allows(Standing::Member(role), *resource, *action))
    }

    /// Whether these rights are all that it takes.
    pub(super) fn allowed_by(&self, rights: &[Permission]) -> bool {
        self.split(rights).1.is_empty()
    }

    /// Whether these rights are all that it takes for a client of the registry, which most robots are.
    pub(super) fn allowed_by_registry(&self, rights: &[Permission]) -> bool {
        self.by_registry && self.needs.first().is_some_and(|need| holds(rights, need))
    }

    /// The rights that it takes, as the API calls them (`repository:pull`): those that are among these, and those that are not.
    pub(super) fn split(&self, rights: &[Permission]) -> (Vec<String>, Vec<String>) {
        let named = |(resource, action): &(Resource, Action)| format!("{resource}:{action}");
        let (given, lacking): (Vec<_>, Vec<_>) = self.needs.iter().partition(|need| holds(rights, need));
        (given.into_iter().map(named).collect(), lacking.into_iter().map(named).collect())
    }
}

fn holds(rights: &[Permission], (resource, action): &(Resource, Action)) -> bool {
    rights.iter().any(|right| right.resource == resource.as_str() && right.action == action.as_str())
}

/// Roles in the columns, weakest first as they grow.
fn columns() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().rev()
}

/// The matrix as a card.
#[component]
pub(super) fn RoleMatrix() -> impl IntoView {
    let head = || {
        view! {
            <Column label=t!(keys::members::matrix::ACTION) />
            {columns().map(|role| view! { <Column label=role_name(role) /> }).collect_view()}
        }
    };
    let rows = LINES.iter().map(|line| {
        view! {
            <Row>
                <RowHead>{t!(line.text)}</RowHead>
                {columns()
                    .map(|role| {
                        view! {
                            <Cell label=role_name(role)>
                                <YesNo yes=line.allows(role) />
                            </Cell>
                        }
                    })
                    .collect_view()}
            </Row>
        }
    });
    view! {
        <Card title=t!(keys::members::matrix::TITLE)>
            <TableBox flush=true keep=t!(keys::members::matrix::LABEL)>
                <Table caption=t!(keys::members::matrix::LABEL) head=head>
                    {rows.collect_view()}
                </Table>
            </TableBox>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_grow_from_line_to_line() {
        let grid: Vec<String> = LINES
            .iter()
            .map(|line| columns().map(|role| if line.allows(role) { 'x' } else { '-' }).collect())
            .collect();
        // Limited guest, guest, developer, maintainer, project admin.
        assert_eq!(grid, ["xxxxx", "--xxx", "---xx", "-xxxx", "----x", "----x"]);
    }
}
