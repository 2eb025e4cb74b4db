#!/usr/bin/env python3
"""Asks every operation of the API's own description with generated requests, and compares the answers with the description.

Starts the given server on a fresh folder, fills it, and runs schemathesis three times: as the administrator, as a plain
developer of one project, and without an account. Fails on a 5xx, on an answer that the description does not have, on
anything in the server's log that is worse than a warning, and where the server does not live to the end.

    pip install schemathesis==4.32.5
    python3 end2end/api/run.py --server target/debug/berth [--examples 50] [--as admin,member,anonymous]
"""
import argparse
import base64
import http.server
import importlib.util
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "harbor"))
from harbor_probes import scanner_stub  # noqa: E402
from harbor_probes.fixtures import CHART, GENERIC, IMG1, IMG2, IMG_AMD, IMG_ARM, INDEX, generic  # noqa: E402

ADMIN, MEMBER = ("admin", "Administrat0r"), ("member", "Member-Passw0rd")
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_or_nothing",
          "response_headers_conformance")
# The configuration file fixes what would end the run: nobody could write, or nobody could sign in.
FIXED = {"BERTH_SETTINGS__READ_ONLY": "false", "BERTH_SETTINGS__AUTH_MODE": "db_auth"}


# How many repositories, artifacts and tags there are to be deleted.
DOOMED = 8


class Client:
    def __init__(self, base):
        self.base = base

    def __call__(self, method, path, body=None, media_type="application/json"):
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method)
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(ADMIN).encode()).decode())
        if data is not None:
            request.add_header("Content-Type", media_type)
        try:
            with urllib.request.urlopen(request) as response:
                return response.headers.get("Location", ""), response.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read()[:500]}") from error

    def made(self, path, body):
        """The id of what a POST makes."""
        location, _ = self("POST", "/api/v2.0" + path, body)
        return location.rsplit("/", 1)[-1]

    def read(self, path):
        return json.loads(self("GET", "/api/v2.0" + path)[1])

    def push(self, repository, artifact, *tags):
        for digest, data in artifact.blobs:
            location, _ = self("POST", f"/v2/{repository}/blobs/uploads/", b"")
            location = location.removeprefix(self.base)
            self("PUT", location + ("&" if "?" in location else "?") + "digest=" + digest, data, "application/octet-stream")
        for reference in tags or (artifact.digest,):
            self("PUT", f"/v2/{repository}/manifests/{reference}", artifact.manifest, artifact.media_type)


def bodies(base, sink):
    """Bodies that the API takes, by operation. The run sends them with one or two members changed."""
    everything = {"repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]}
    tags = [{"kind": "doublestar", "decoration": "matches", "pattern": "release-*"}]
    robot = {"name": "kept", "level": "project", "duration": 30, "permissions": [
        {"kind": "project", "namespace": "kept", "access": [{"resource": "repository", "action": "pull"}]}]}
    schedule = {"schedule": {"type": "Daily", "cron": "0 0 0 * * *"}}
    person = {"username": "other", "password": MEMBER[1], "email": "o@example.com", "realname": "o", "comment": "c"}
    made = {
        "/labels": {"name": "kept", "scope": "p", "color": "#00AA00", "description": "d", "project_id": 2},
        "/projects": {"project_name": "kept", "metadata": {"public": "false"}, "storage_limit": -1},
        "/users": person,
        "/robots": robot,
        "/registries": {"name": "kept", "url": base, "type": "harbor", "insecure": True, "description": "d",
                        "credential": {"type": "basic", "access_key": ADMIN[0], "access_secret": ADMIN[1]}},
        "/replication/policies": {
            "name": "kept", "dest_registry": {"id": 1}, "trigger": {"type": "manual", "trigger_settings": {"cron": ""}},
            "filters": [{"type": "name", "value": "kept/**"}], "override": True, "enabled": True},
        "/retentions": {
            "algorithm": "or", "scope": {"level": "project", "ref": 2},
            "trigger": {"kind": "Schedule", "settings": {"cron": ""}, "references": {}},
            "rules": [{"action": "retain", "template": "latestPushedK", "params": {"latestPushedK": 10}, "tag_selectors": tags,
                       "scope_selectors": everything}]},
        "/scanners": {"name": "kept", "url": sink + "/scanner", "auth": "", "use_internal_addr": False},
        "/usergroups": {"group_name": "kept", "group_type": 2},
        "/p2p/preheat/instances": {
            "name": "kept", "vendor": "dragonfly", "endpoint": sink, "auth_mode": "NONE", "enabled": True,
            "insecure": True},
        "/projects/{project_name_or_id}/members": {"role_id": 2, "member_user": {"username": MEMBER[0]}},
        "/projects/{project_name_or_id}/metadatas/": {"auto_scan": "true"},
        "/projects/{project_name_or_id}/immutabletagrules": {
            "action": "immutable", "template": "immutable_template", "disabled": False, "tag_selectors": tags,
            "scope_selectors": everything},
        "/projects/{project_name_or_id}/webhook/policies": {
            "name": "kept", "enabled": True, "event_types": ["PUSH_ARTIFACT"],
            "targets": [{"type": "http", "address": sink + "/hook", "skip_cert_verify": True}]},
        "/projects/{project_name}/preheat/policies": {
            "name": "kept", "project_id": 2, "provider_id": 1, "enabled": True, "scope": "single_peer", "extra_attrs": "{}",
            "filters": '[{"type":"repository","value":"**"},{"type":"tag","value":"**"}]',
            "trigger": '{"type":"manual","trigger_setting":{"cron":""}}'},
        "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags": {"name": "other"},
        "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/labels": {"id": 1},
        "/system/gc/schedule": {**schedule, "parameters": {"dry_run": True, "delete_untagged": False, "workers": 1}},
        "/system/purgeaudit/schedule": {**schedule, "parameters": {
            "audit_retention_hour": 24, "dry_run": True, "include_event_types": "create_artifact,delete_artifact"}},
        "/registries/ping": {"url": base, "type": "harbor", "insecure": True},
        "/scanners/ping": {"name": "kept", "url": sink + "/scanner"},
        "/p2p/preheat/instances/ping": {"name": "kept"},
        "/replication/executions": {"policy_id": 1},
        "/retentions/{id}/executions": {"dry_run": True},
        "/export/cve": {"job_name": "kept", "projects": [2], "repositories": "", "labels": [], "tags": "", "cveIds": ""},
    }
    changed = {
        "/projects/{project_name_or_id}": {"metadata": {"public": "true", "auto_scan": "false"}},
        "/projects/{project_name_or_id}/members/{mid}": {"role_id": 3},
        "/projects/{project_name_or_id}/metadatas/{meta_name}": {"public": "true"},
        "/projects/{project_name}/repositories/{repository_name}": {"description": "d"},
        "/quotas/{id}": {"hard": {"storage": -1}},
        "/robots/{robot_id}": {**robot, "name": "robot$kept+kept", "disable": False},
        "/registries/{id}": {"name": "kept", "description": "d", "url": base, "insecure": True},
        "/users/{user_id}": {"email": "n@example.com", "realname": "n", "comment": "c"},
        "/users/{user_id}/password": {"old_password": MEMBER[1], "new_password": "Another-Passw0rd"},
        "/users/{user_id}/sysadmin": {"sysadmin_flag": False},
        "/users/{user_id}/cli_secret": {"secret": "Another-Secret1"},
        "/usergroups/{group_id}": {"group_name": "kept", "group_type": 2},
        "/system/CVEAllowlist": {"items": [{"cve_id": "CVE-2024-0001"}], "expires_at": None},
        "/configurations": {"token_expiration": 30, "banner_message": ""},
        "/system/gc/schedule": made["/system/gc/schedule"],
        "/system/purgeaudit/schedule": made["/system/purgeaudit/schedule"],
    }
    for collection, last in (("/labels", "label_id"), ("/replication/policies", "id"), ("/retentions", "id"),
                             ("/scanners", "registration_id"), ("/p2p/preheat/instances", "preheat_instance_name"),
                             ("/projects/{project_name_or_id}/immutabletagrules", "immutable_rule_id"),
                             ("/projects/{project_name_or_id}/webhook/policies", "webhook_policy_id"),
                             ("/projects/{project_name}/preheat/policies", "preheat_policy_name")):
        changed[f"{collection}/{{{last}}}"] = made[collection]
    return {"POST /api/v2.0" + path: body for path, body in made.items()} | {
        "PUT /api/v2.0" + path: body for path, body in changed.items()}


def fill(ask, base, sink):
    """Makes one of everything, and says how paths name it: first by the operation's path, then by the parameter alone."""
    good = bodies(base, sink)

    def make(collection, path=None, **more):
        return ask.made(path or collection, {**good["POST /api/v2.0" + collection], **more})

    make("/projects")
    project = ask.read("/projects/kept")["project_id"]
    in_project, repositories = "/projects/{project_name_or_id}", "/api/v2.0/projects/{project_name}/repositories"
    artifacts = repositories + "/{repository_name}/artifacts"
    member = make("/users", username=MEMBER[0], email="m@example.com")
    other = make("/users")
    membership = make(in_project + "/members", "/projects/kept/members")
    make(in_project + "/members", "/projects/kept/members", role_id=1, member_user={"username": "other"})
    for artifact, *tags in ((IMG1, "v1", "latest"), (IMG2, "v2"), (GENERIC, "thing"), (CHART, "1.2.3")):
        ask.push("kept/app", artifact, *tags)
    for artifact in (IMG_AMD, IMG_ARM):
        ask.push("kept/team/app", artifact)
    ask.push("kept/team/app", INDEX, "v1", "v2")
    for number in range(DOOMED):
        ask.push(f"kept/doomed{number}", IMG1, "v1")
        ask.push("kept/doomed", generic(f"application/vnd.doomed.{number}", b"some payload"), f"v{number}", f"w{number}")
    label = make("/labels", project_id=project)
    ask("POST", "/api/v2.0/projects/kept/repositories/app/artifacts/v1/labels", {"id": int(label)})
    robot = make("/robots")
    immutable = make(in_project + "/immutabletagrules", "/projects/kept/immutabletagrules")
    retention = make("/retentions", scope={"level": "project", "ref": project})
    hook = make(in_project + "/webhook/policies", "/projects/kept/webhook/policies")
    registry = make("/registries")
    replication = make("/replication/policies", dest_registry={"id": int(registry)})
    make("/p2p/preheat/instances")
    instance = ask.read("/p2p/preheat/instances/kept")["id"]
    make("/projects/{project_name}/preheat/policies", "/projects/kept/preheat/policies", project_id=project, provider_id=instance)
    gc = make("/system/gc/schedule", schedule={"type": "Manual"})
    purge = make("/system/purgeaudit/schedule", schedule={"type": "Manual"})
    group = make("/usergroups")
    scanner = make("/scanners")
    return {
        "bodies": good,
        "queries": {
            "GET /api/v2.0/labels": [{"scope": "g"}, {"scope": "p", "project_id": project}],
            f"GET /api/v2.0{in_project}/webhook/jobs": [{"policy_id": hook}],
            "GET /api/v2.0/replication/executions": [{"policy_id": replication}],
        },
        "doomed": {
            repositories + "/{repository_name}": {"repository_name": [f"doomed{number}" for number in range(DOOMED)]},
            artifacts + "/{reference}": {"repository_name": ["doomed"], "reference": [f"v{number}" for number in range(DOOMED)]},
            artifacts + "/{reference}/tags/{tag_name}": {
                "repository_name": ["doomed"], "reference": [f"v{number}" for number in range(DOOMED)],
                "tag_name": [f"w{number}" for number in range(DOOMED)]},
        },
        "/api/v2.0/registries/": {"id": [registry]}, "/api/v2.0/replication/policies/": {"id": [replication]},
        "/api/v2.0/retentions/": {"id": [retention]}, "/api/v2.0/quotas/": {"id": [str(project)]},
        "": {
            "project_name": ["kept"], "project_name_or_id": ["kept", str(project)], "repository_name": ["app", "team%2Fapp"],
            "reference": ["v1", "v2", "thing", IMG1.digest, "1.2.3"], "tag_name": ["v1", "v2", "latest"], "mid": [membership],
            "user_id": ["1", member, other], "label_id": [label], "robot_id": [robot], "immutable_rule_id": [immutable],
            "webhook_policy_id": [hook], "preheat_instance_name": ["kept"], "preheat_policy_name": ["kept"], "gc_id": [gc],
            "purge_id": [purge], "registration_id": [scanner], "group_id": [group],
            "meta_name": ["public", "auto_scan", "prevent_vul"], "job_type": ["all", "GARBAGE_COLLECTION"],
            "addition": ["build_history", "values.yaml", "readme.md", "dependencies", "sbom", "license", "files"],
        },
    }


def description(server):
    """What the server says about itself, with what goes wrong as 4xx: else any status would be described."""
    document = json.loads(subprocess.check_output([server, "openapi"]))
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and "default" in operation.get("responses", {}):
                operation["responses"]["4XX"] = operation["responses"].pop("default")
    return document


class Sink(http.server.BaseHTTPRequestHandler):
    """What web hooks, scanners and other addresses lead to. It takes everything, and is a scanner."""

    protocol_version = "HTTP/1.1"

    def do_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, media_type, answer = scanner_stub.answer(self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_any

    def log_message(self, *_):
        pass


class Server:
    def __init__(self, binary, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base, self.log = f"http://127.0.0.1:{port}", folder / "server.log"
        environment = {**os.environ, **FIXED, "BERTH_SETUP__ADMIN_PASSWORD": ADMIN[1], "BERTH_LOG__LEVEL": "warn"}
        arguments = [binary, "serve", "--data-dir", folder / "data", "--listen", f"127.0.0.1:{port}"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, env=environment)

    def is_ready(self):
        try:
            return urllib.request.urlopen(self.base + "/readyz").status == 200
        except OSError:
            return False

    def wait(self):
        for _ in range(200):
            if self.is_ready():
                return
            time.sleep(0.05)
        raise SystemExit("the server does not start:\n" + self.log.read_text())

    def complaints(self):
        """What a log has only where something is wrong with the server, whatever clients send."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if "panicked" in line or "ERROR" in line or '"level":"error"' in line.lower()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the binary")
    parser.add_argument("--examples", type=int, default=50, help="how many generated requests each operation gets")
    parser.add_argument("--as", dest="actors", default="admin,member,anonymous", help="who asks")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--report", type=pathlib.Path, help="folder for what each run printed, and the server's log")
    parser.add_argument("rest", nargs="*", help="passed on to schemathesis, after --")
    options = parser.parse_args()
    if importlib.util.find_spec("schemathesis") is None:
        raise SystemExit("schemathesis is not installed: pip install schemathesis")
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    sink.daemon_threads = True
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    failed = []
    for actor in options.actors.split(","):
        with tempfile.TemporaryDirectory(prefix="berth-api-") as scratch:
            folder = pathlib.Path(scratch)
            server = Server(options.server, folder)
            try:
                server.wait()
                known = fill(Client(server.base), server.base, f"http://127.0.0.1:{sink.server_port}")
                (folder / "known.json").write_text(json.dumps(known))
                (folder / "openapi.json").write_text(json.dumps(description(options.server)))
                arguments = [sys.executable, "-m", "schemathesis.cli", "run", folder / "openapi.json", "--url", server.base, "--workers", "2",
                             "--checks", ",".join(CHECKS), "--phases", options.phases, "--continue-on-failure",
                             "--max-examples", str(options.examples), "--suppress-health-check", "all", "--warnings", "off",
                             "--request-timeout", "30", "--no-color", *options.rest]
                credential = {"admin": ADMIN, "member": MEMBER, "anonymous": None}[actor]
                if credential:
                    arguments += ["--auth", ":".join(credential)]
                environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "KNOWN": str(folder / "known.json"),
                               "HYPOTHESIS_STORAGE_DIRECTORY": str(folder)}
                print(f"== as {actor}", flush=True)
                output = open(options.report / f"{actor}.txt", "wb") if options.report else None
                status = subprocess.run(arguments, env=environment, cwd=folder, stdout=output, check=False).returncode
                complaints = server.complaints()
                if status or complaints or not server.is_ready():
                    failed.append(actor)
                print(f"== as {actor}: schemathesis ended with {status}, {len(complaints)} complaints in the log", flush=True)
                print("\n".join(complaints[:20]))
                if server.process.poll() is not None:
                    print(f"the server ended with {server.process.returncode}")
            finally:
                server.process.terminate()
                server.process.wait()
                if options.report:
                    shutil.copy(server.log, options.report / f"{actor}.log")
    if failed:
        raise SystemExit("failed as " + ", ".join(failed))


if __name__ == "__main__":
    main()
