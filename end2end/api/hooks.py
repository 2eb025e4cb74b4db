"""What schemathesis cannot know: names of what is there, and which requests would end the run itself."""
import json
import os
import pathlib
import re
import threading
import zlib

import schemathesis
from schemathesis.specs.openapi.checks import response_schema_conformance

KNOWN = json.loads(pathlib.Path(os.environ["KNOWN"]).read_text())
# Here only what the run made is changed.
ACCOUNTS = {"/api/v2.0/users/{user_id}/password", "/api/v2.0/users/{user_id}/sysadmin"}
# What is taken away here comes back.
HARMLESS = {
    "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/labels/{label_id}",
    "/api/v2.0/projects/{project_name_or_id}/metadatas/{meta_name}",
}
# Ids of what the run itself made, by the path that made it. Only these are deleted.
MADE: dict[str, list[str]] = {}
LOCK = threading.Lock()
# Of eight requests, so many name something that is there, or send a body that is good but for one or two members; the others
# are what schemathesis thought of.
NAMED_OF_8, GOOD_OF_8 = 6, 5
# Where nothing is set, Harbor answers nothing at all and calls it JSON; its clients know.
OFTEN_NOTHING = {
    "/api/v2.0/projects/{project_name_or_id}/scanner", "/api/v2.0/system/gc/schedule", "/api/v2.0/system/purgeaudit/schedule",
    "/api/v2.0/system/scanAll/schedule",
}


def known(path, name):
    prefixes = sorted((prefix for prefix in KNOWN if path.startswith(prefix) and name in KNOWN[prefix]), key=len)
    return KNOWN[prefixes[-1]][name] if prefixes else []


def made(collection):
    with LOCK:
        return MADE.get(collection, [])[-20:]


def choices(case, name):
    """What a parameter may be called. What is deleted was made by the run, or to be deleted."""
    path = case.path
    doomed = KNOWN["doomed"].get(path, {}).get(name) if case.method == "DELETE" else None
    if doomed:
        return doomed
    fresh = made(path.split("/{" + name + "}")[0])
    is_spared = case.method == "DELETE" and name == last_parameter(path) or path in ACCOUNTS
    return fresh if is_spared and path not in HARMLESS else known(path, name) + fresh


def last_parameter(path):
    return path.rsplit("{", 1)[-1].rstrip("}") if path.endswith("}") else None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts names of what is there into paths. The same request gets the same names, so failures can be repeated."""
    seed = zlib.crc32(repr((case.method, case.path, case.path_parameters, case.query, case.body)).encode("utf-8", "replace"))
    case.body = better(case, zlib.crc32(f"{seed} body".encode()))
    query = KNOWN["queries"].get(f"{case.method} {case.path}")
    if query and isinstance(case.query, dict) and seed % 4:
        case.query.update(query[seed // 4 % len(query)])
    if case.path == "/api/v2.0/export/cve" and seed % 4:
        case.headers["X-Scan-Data-Type"] = "application/vnd.security.vulnerability.report; version=1.1"
    for place, name in enumerate(sorted(case.path_parameters or {})):
        roll = zlib.crc32(f"{seed} {place}".encode())
        values = choices(case, name)
        if values and roll % 8 < NAMED_OF_8:
            case.path_parameters[name] = values[roll // 8 % len(values)]
    if case.path_parameters and ends_the_run(case):
        case.path_parameters[last_parameter(case.path) or sorted(case.path_parameters)[0]] = "0"


def better(case, roll):
    """A good body with some of what schemathesis made in it."""
    good = KNOWN["bodies"].get(f"{case.method} {case.path}")
    if good is None or case.media_type != "application/json" or roll % 8 >= GOOD_OF_8:
        return case.body
    body = json.loads(json.dumps(good))
    generated = case.body if isinstance(case.body, dict) else {}
    for place, name in enumerate(sorted(generated, key=str)):
        if zlib.crc32(f"{roll} {place}".encode()) % 5 == 0:
            body[name] = generated[name]
    # Else nearly all would be there already.
    fresh = {"email": f"n{roll}@example.com", "endpoint": f"http://127.0.0.1:{roll % 60000 + 1}"}
    if good.get("use_internal_addr") is not None:
        fresh["url"] = good["url"] + str(roll)
    for name in ("name", "project_name", "username", "email", "group_name", "endpoint", *(["url"] if "url" in fresh else [])):
        if body.get(name) is not None and body[name] == good.get(name) and roll // 8 % 4:
            body[name] = fresh.get(name, f"n{roll}")
    people = [name for name in made("/api/v2.0/users") if name.isdigit()]
    if case.method == "POST" and "member_user" in body and people:
        body["member_user"] = {"user_id": int(people[roll // 8 % len(people)])}
    if case.method == "POST" and isinstance(body.get("scope"), dict) and body["scope"] == good.get("scope"):
        # Projects are numbered in a row.
        body["scope"]["ref"] += roll // 8 % 20
    if body.get("tag_selectors") and body["tag_selectors"] == good.get("tag_selectors"):
        body["tag_selectors"][0]["pattern"] = f"n{roll % 97}"
    return body


def ends_the_run(case):
    """Deletes what all others need, or changes who may do what: the administrator and the member that asks."""
    if case.path in HARMLESS or case.path in KNOWN["doomed"]:
        return False
    last = last_parameter(case.path)
    if case.method == "DELETE" and last:
        return str(case.path_parameters[last]) in known(case.path, last)
    if case.path in ACCOUNTS:
        return str(case.path_parameters["user_id"]) in KNOWN[""]["user_id"]
    # The member's role in the project.
    return case.path.endswith("/members/{mid}") and str(case.path_parameters["mid"]) in KNOWN[""]["mid"]


@schemathesis.hook
def after_call(context, case, response):
    """Remembers what was made, so that it is asked for, changed and deleted."""
    location = (response.headers.get("location") or [""])[0]
    if response.status_code == 201 and re.fullmatch(r"/[\w./%~-]+", location):
        with LOCK:
            MADE.setdefault(case.path, []).append(location.rsplit("/", 1)[-1])


@schemathesis.check
def response_schema_or_nothing(ctx, response, case):
    if case.path in OFTEN_NOTHING and case.method == "GET" and response.status_code == 200 and not response.content:
        return None
    return response_schema_conformance(ctx, response, case)
