//! Routes, and what they say of themselves.
//!
//! A server has to know its routes before it answers the first request. To describe all of them takes time and memory that a
//! start can do without, so that is left until somebody asks.

use std::collections::BTreeMap;

use axum::{Router, routing::MethodRouter};
use berth_web::AppState;
use utoipa::openapi::{HttpMethod, OpenApi};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The methods of every path, as routes name it, in capitals and sorted.
pub type Methods = BTreeMap<String, Vec<String>>;

/// The handlers of one path, which `#[utoipa::path]` describes.
macro_rules! routes {
    ($($handler:ident),+ $(,)?) => {
        utoipa_axum::paste! {{
            use utoipa::Path as _;
            use utoipa_axum::PathItemExt as _;
            let mut router = axum::routing::MethodRouter::new();
            let mut names = Vec::new();
            $(for method in [<__path_ $handler>]::methods() {
                router = router.on(method.to_method_filter(), $handler);
                names.push(([<__path_ $handler>]::path(), method));
            })+
            $crate::routes::Handlers {
                router,
                names,
                ids: || vec![$([<__path_ $handler>]::operation().operation_id),+],
                describe: || utoipa_axum::routes!($($handler),+),
            }
        }}
    };
}
pub(crate) use routes;

/// What `routes!` makes.
pub struct Handlers {
    pub router: MethodRouter<AppState>,
    /// Path and method of each handler.
    pub names: Vec<(String, HttpMethod)>,
    /// The operation ids of the handlers, in the same order.
    pub ids: fn() -> Vec<Option<String>>,
    pub describe: fn() -> UtoipaMethodRouter<AppState>,
}

/// Routes of this crate.
#[derive(Default)]
pub struct Routes {
    router: Router<AppState>,
    description: Description,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handlers of a path.
    pub fn routes(mut self, handlers: Handlers) -> Self {
        if let Some((path, _)) = handlers.names.first() {
            self.router = self.router.route(path, handlers.router);
        }
        self.description.parts.push(Part { names: handlers.names, ids: handlers.ids, describe: handlers.describe });
        self
    }

    /// Adds the routes of another file.
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.description.parts.extend(other.description.parts);
        self
    }

    /// What answers, and what says so.
    pub fn into_parts(self) -> (Router<AppState>, Description) {
        (self.router, self.description)
    }
}

/// Routes that are not described.
impl From<Router<AppState>> for Routes {
    fn from(router: Router<AppState>) -> Self {
        Self { router, description: Description::default() }
    }
}

/// What can be said of routes.
#[derive(Default)]
pub struct Description {
    parts: Vec<Part>,
}

struct Part {
    names: Vec<(String, HttpMethod)>,
    ids: fn() -> Vec<Option<String>>,
    describe: fn() -> UtoipaMethodRouter<AppState>,
}

impl Description {
    /// Which methods exist.
    pub fn methods(&self) -> Methods {
        let mut methods = Methods::new();
        for (path, method) in self.parts.iter().flat_map(|part| &part.names) {
            methods.entry(path.clone()).or_default().push(name(method).to_owned());
        }
        methods.values_mut().for_each(|methods| methods.sort());
        methods
    }

    /// Method, path and id of every operation.
    pub fn operations(&self) -> Vec<(&'static str, String, String)> {
        let operations = self.parts.iter().flat_map(|part| part.names.iter().zip((part.ids)()));
        operations.filter_map(|((path, method), id)| Some((name(method), path.clone(), id?))).collect()
    }

    /// The whole description.
    pub fn openapi(&self) -> OpenApi {
        let all = self.parts.iter().fold(OpenApiRouter::new(), |all, part| all.routes((part.describe)()));
        all.into_openapi()
    }
}

fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Put => "PUT",
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Trace => "TRACE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_at_start_is_what_the_description_says() {
        let (_, description) = crate::routes().into_parts();
        let document = serde_json::to_value(description.openapi()).unwrap();
        let mut described = Methods::new();
        let mut ids = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Some(id) = operation["operationId"].as_str() else { continue };
                let method = method.to_ascii_uppercase();
                ids.push((method.clone(), path.clone(), id.to_owned()));
                described.entry(path.clone()).or_default().push(method);
            }
        }
        described.values_mut().for_each(|methods| methods.sort());
        assert_eq!(description.methods(), described);
        let mut operations: Vec<_> =
            description.operations().into_iter().map(|(method, path, id)| (method.to_owned(), path, id)).collect();
        ids.sort();
        operations.sort();
        assert_eq!(operations, ids);
    }
}
