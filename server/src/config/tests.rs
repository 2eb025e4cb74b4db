use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::{
    show::{self, Origins},
    *,
};

fn inputs(variables: &[(&str, &str)]) -> Inputs {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Inputs { environment, ..Inputs::default() }
}

fn refusal(inputs: &Inputs) -> String {
    load(inputs).unwrap_err().to_string()
}

fn file(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("berth.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn without_any_input_the_defaults_hold() {
    let config = load(&Inputs::default()).unwrap().config;
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:5000");
    assert_eq!(config.http.shutdown_grace.as_secs(), 30);
    assert_eq!(config.data.dir, PathBuf::from("./data"));
    assert_eq!(config.data.secret_key, PathBuf::from("./data/secret.key"));
    assert!(config.tls.is_none() && config.db.url.is_none() && config.settings.is_empty());
}

#[test]
fn the_default_file_reads_back_as_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = Inputs { file: Some(file(&folder, &show::default_toml())), ..Inputs::default() };
    let from_file = show::show(&load(&inputs).unwrap(), Origins::Hidden);
    assert_eq!(from_file, show::show(&load(&Inputs::default()).unwrap(), Origins::Hidden));
}

#[test]
fn later_sources_win_and_every_value_knows_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "[http]\nlisten = \"127.0.0.1:1\"\nshutdown_grace_seconds = 5\n[log]\nlevel = \"warn\"\n");
    let mut inputs = inputs(&[("BERTH_HTTP__SHUTDOWN_GRACE_SECONDS", "7"), ("BERTH_LOG__LEVEL", "debug")]).with_flag(
        "http.listen",
        "--listen",
        "127.0.0.1:3",
    );
    inputs.file = Some(path.clone());
    let loaded = load(&inputs).unwrap();
    assert_eq!(loaded.config.http.listen.port(), 3);
    assert_eq!(loaded.config.http.shutdown_grace.as_secs(), 7);
    let shown = show::show(&loaded, Origins::Shown);
    assert!(shown.contains("http.listen = \"127.0.0.1:3\" # flag --listen\n"), "{shown}");
    assert!(shown.contains("log.level = \"debug\" # environment variable BERTH_LOG__LEVEL\n"), "{shown}");
    assert!(shown.contains("data.dir = \"./data\" # default\n"), "{shown}");
    let listed = |name: &str| {
        let found = loaded.config.listed.iter().find(|value| value.name == name).unwrap();
        (found.value.as_str(), found.secret, found.source.as_str(), found.origin.as_str())
    };
    assert_eq!(listed("http.listen"), ("\"127.0.0.1:3\"", false, "flag", "--listen"));
    assert_eq!(listed("log.level"), ("\"debug\"", false, "environment", "BERTH_LOG__LEVEL"));
    assert_eq!(listed("data.dir"), ("\"./data\"", false, "default", ""));
    assert_eq!(listed("setup.admin_password"), ("", false, "default", ""));

    inputs.environment.clear();
    let shown = show::show(&load(&inputs).unwrap(), Origins::Shown);
    assert!(shown.contains(&format!("log.level = \"warn\" # {}\n", path.display())), "{shown}");
}

#[test]
fn secrets_are_listed_without_what_they_are() {
    let loaded = load(&inputs(&[("BERTH_SETUP__ADMIN_PASSWORD", "Opensesame-1")])).unwrap();
    let listed = loaded.config.listed.iter().find(|value| value.name == "setup.admin_password").unwrap();
    assert_eq!((listed.secret, listed.origin.as_str()), (true, "BERTH_SETUP__ADMIN_PASSWORD"));
    assert!(!format!("{:?}", loaded.config.listed).contains("Opensesame"));
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    let text = refusal(&inputs(&[("BERTH_HTTP__LISTN", "x")]));
    assert_eq!(text, "unknown key `BERTH_HTTP__LISTN` in the environment; did you mean `BERTH_HTTP__LISTEN`?");
    assert!(refusal(&inputs(&[("BERTH_QUUX", "x")])).starts_with("unknown key `BERTH_QUUX` in the environment"));

    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "[http]\nexternal-url = \"http://x\"\n");
    let text = refusal(&Inputs { file: Some(path.clone()), ..Inputs::default() });
    assert_eq!(
        text,
        format!("unknown key `http.external-url` in {}; did you mean `http.external_url`?", path.display())
    );
    let path = file(&folder, "listen = 3\n");
    assert!(refusal(&Inputs { file: Some(path), ..Inputs::default() }).starts_with("unknown key `listen` in "));
}

#[test]
fn variables_of_the_build_and_the_tests_are_not_ours() {
    load(&inputs(&[
        ("BERTH_PORTAL_DIR", "/x"),
        ("BERTH_TEST_POSTGRES", "postgres://x"),
        ("BERTH_BIN", "/x"),
        ("BERTH_CI_CACHE", "/x"),
    ]))
    .unwrap();
}

#[test]
fn a_secret_is_read_from_a_file_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "0012\n").unwrap();
    let loaded = load(&inputs(&[("BERTH_SETUP__ADMIN_PASSWORD_FILE", path.to_str().unwrap())])).unwrap();
    assert_eq!(loaded.config.setup.admin_password.as_ref().unwrap().expose_secret(), "0012");
    let shown = show::show(&loaded, Origins::Shown);
    assert!(shown.contains("setup.admin_password = \"[redacted]\""), "{shown}");
    assert!(!shown.contains("0012") && !format!("{:?}", loaded.config).contains("0012"));

    let both = [("BERTH_SETUP__ADMIN_PASSWORD_FILE", path.to_str().unwrap()), ("BERTH_SETUP__ADMIN_PASSWORD", "x")];
    assert!(refusal(&inputs(&both)).contains("sets the same key"));
    assert!(refusal(&inputs(&[("BERTH_METRICS__TOKEN_FILE", "/nowhere/x")])).contains("could not read /nowhere/x"));
}

#[test]
fn values_that_a_key_does_not_take_name_their_origin() {
    let cases = [
        ("BERTH_HTTP__LISTEN", "here", "must be an address with a port"),
        ("BERTH_HTTP__EXTERNAL_URL", "ftp://x", "must be an http or https address"),
        ("BERTH_HTTP__EXTERNAL_URL", "https://x/berth", "must be an http or https address"),
        ("BERTH_HTTP__TRUSTED_PROXIES", "10.0.0.0/8,door", "`door` is neither an address nor a network"),
        ("BERTH_HTTP__SHUTDOWN_GRACE_SECONDS", "soon", "must be a number from 0 to 3600"),
        ("BERTH_TLS__KEY", "key.pem", "needs `tls.certificate` beside it"),
        ("BERTH_DB__URL", "mysql://x", "must begin with postgres://"),
        ("BERTH_REGISTRY__ANONYMOUS", "most", "must be one of token, pull, all"),
        ("BERTH_METRICS__ENABLED", "yes", "must be true or false"),
        ("BERTH_LOG__LEVEL", "a=b=c", "is no filter"),
    ];
    for (variable, value, reason) in cases {
        let text = refusal(&inputs(&[(variable, value)]));
        assert!(text.contains(reason) && text.contains(&format!("(environment variable {variable})")), "{text}");
    }
    let open = [("BERTH_REGISTRY__ANONYMOUS", "all"), ("BERTH_HTTP__LISTEN", "0.0.0.0:5000")];
    assert!(refusal(&inputs(&open)).contains("loopback"));
}

#[test]
fn lists_in_the_environment_are_separated_by_commas() {
    let config = load(&inputs(&[("BERTH_HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1")])).unwrap().config;
    let shown: Vec<String> = config.http.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.0/8", "::1/128"]);
}

#[test]
fn run_time_settings_are_fixed_with_their_origin() {
    let config = load(&inputs(&[("BERTH_SETTINGS__SELF_REGISTRATION", "true")])).unwrap().config;
    let fixed = &config.settings["self_registration"];
    assert_eq!(fixed.value, serde_json::Value::Bool(true));
    assert_eq!(fixed.origin, "environment variable BERTH_SETTINGS__SELF_REGISTRATION");
    let text = refusal(&inputs(&[("BERTH_SETTINGS__SELF_REGISTRATON", "true")]));
    assert!(text.ends_with("did you mean `BERTH_SETTINGS__SELF_REGISTRATION`?"), "{text}");
}

#[test]
fn the_documents_name_every_key() {
    let (docs, schema, default) = (show::docs(), show::schema().to_string(), show::default_toml());
    for key in KEYS {
        assert!(docs.contains(&format!("`{}`", key.variable())), "{}", key.name);
        assert!(schema.contains(&format!("\"{}\"", key.short())), "{}", key.name);
        assert!(default.contains(&format!("{} = ", key.short())), "{}", key.name);
    }
}

#[test]
fn times_have_a_unit() {
    let gc = |variables: &[(&str, &str)]| load(&inputs(variables)).map(|loaded| loaded.config.gc);
    let default = gc(&[]).unwrap();
    assert_eq!((default.grace.as_secs(), default.interval.map(|time| time.as_secs())), (86_400, Some(600)));
    let none = gc(&[("BERTH_GC__GRACE", "0s"), ("BERTH_GC__INTERVAL", "0s")]).unwrap();
    assert_eq!((none.grace.as_secs(), none.interval), (0, None));
    assert_eq!(gc(&[("BERTH_GC__GRACE", "7d")]).unwrap().grace.as_secs(), 7 * 86_400);
    for wrong in ["", "5", "h", "-1h", "1.5h", "1 h", "1w", "99999999999999999d", "1000000d", "é"] {
        assert!(gc(&[("BERTH_GC__GRACE", wrong)]).is_err(), "{wrong}");
    }
}
