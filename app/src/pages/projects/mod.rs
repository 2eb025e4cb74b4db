//! The list of projects, and the form to make one.

mod new;
mod view;

pub use new::NewProject;

use super::project::{InProjects, NoMatch, Visibility, natural};
