"""Does with a client that a generator made what people's programs do with one: manage.py URL NAME, password on stdin.

The package `harbor_api` is made by openapi-generator from a description of the API. Prints the name of each step.
"""

import base64
import hashlib
import inspect
import json
import sys
import urllib.error
import urllib.request

import harbor_api
from harbor_api import models

PROJECT, REPOSITORY, MEMBER, MEMBER_PASSWORD = "foundry", "dock/anvil", "frank", "Deck-Hand-6"
# A generated client encodes a path once, and the API wants the slash of a name encoded twice.
ENCODED = "dock%2Fanvil"
DEVELOPER = 2
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Registry:
    """Pushes images, for which the API has nothing."""

    def __init__(self, base, name, secret):
        self.base = base
        self.credential = "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()

    def call(self, method, target, body=b"", media_type="application/octet-stream"):
        if target.startswith("/"):
            target = self.base + target
        headers = {"Authorization": self.credential, "Content-Type": media_type}
        request = urllib.request.Request(target, body, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.headers

    def push(self, repository, tag, size=1000):
        config = json.dumps({"architecture": "amd64", "os": "linux", "author": tag,
                             "rootfs": {"type": "layers", "diff_ids": []}}).encode()
        layer = tag.encode() * size
        for blob in (config, layer):
            started = self.call("POST", f"/v2/{PROJECT}/{repository}/blobs/uploads/")["Location"]
            separator = "&" if "?" in started else "?"
            self.call("PUT", f"{started}{separator}digest={digest(blob)}", blob)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST,
                    "config": descriptor(CONFIG, config), "layers": [descriptor(LAYER, layer)]}
        self.call("PUT", f"/v2/{PROJECT}/{repository}/manifests/{tag}", json.dumps(manifest).encode(), MANIFEST)


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(media_type, content):
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def refused(status, call, *arguments, **named):
    """What was said to a request that has to be refused."""
    try:
        call(*arguments, **named)
    except harbor_api.ApiException as error:
        assert error.status == status, f"{error.status}, not {status}: {error.body}"
        return error.body
    except urllib.error.HTTPError as error:
        body = error.read().decode()
        assert error.code == status, f"{error.code}, not {status}: {body}"
        return body
    raise AssertionError(f"{call.__name__} was not refused")


def made(method, *arguments, **named):
    """The id of what a request makes."""
    answer = getattr(method.__self__, method.__name__ + "_with_http_info")(*arguments, **named)
    assert answer.status_code == 201, answer.status_code
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return int(headers["location"].rsplit("/", 1)[-1])


class Session:
    def __init__(self, base, name, password):
        self.base = base
        client = harbor_api.ApiClient(harbor_api.Configuration(host=base + self.prefix(), username=name, password=password))
        for tag in ("Artifact", "Immutable", "Label", "Member", "Project", "Quota", "Repository", "Robot", "Systeminfo", "User"):
            setattr(self, tag.lower(), getattr(harbor_api, tag + "Api")(client))

    @staticmethod
    def prefix():
        """Where paths of the description begin."""
        return "" if "/api/v2.0" in inspect.getsource(harbor_api.ProjectApi) else "/api/v2.0"

    def system(self):
        info = self.systeminfo.get_system_info()
        assert info.harbor_version and info.auth_mode == "db_auth", f"taken for a stranger: {info}"

    def create_project(self):
        wanted = models.ProjectReq(project_name=PROJECT, metadata=models.ProjectMetadata(public="false"), storage_limit=-1)
        self.project_id = made(self.project.create_project, wanted)
        got = self.project.get_project(PROJECT, x_is_resource_name=True)
        assert (got.project_id, got.name, got.metadata.public) == (self.project_id, PROJECT, "false"), got
        self.project.head_project(PROJECT)
        assert "already exists" in refused(409, self.project.create_project, wanted)

    def add_member(self):
        person = models.UserCreationReq(username=MEMBER, realname=MEMBER, email=MEMBER + "@example.com", password=MEMBER_PASSWORD)
        self.user_id = made(self.user.create_user, person)
        wanted = models.ProjectMember(role_id=DEVELOPER, member_user=models.UserEntity(username=MEMBER))
        self.member_id = made(self.member.create_project_member, PROJECT, project_member=wanted)
        (listed,) = self.member.list_project_members(PROJECT, entityname=MEMBER)
        assert (listed.id, listed.role_id, listed.entity_name) == (self.member_id, DEVELOPER, MEMBER), listed

    def push_and_list(self):
        for tag in ("v1", "v2"):
            Registry(self.base, MEMBER, MEMBER_PASSWORD).push(REPOSITORY, tag)
        self.artifact.create_tag(PROJECT, ENCODED, "v1", models.NewTag(name="stable"))
        self.expect_tags([["v2"], ["stable", "v1"]])

    def expect_tags(self, expected, q=None):
        listed = self.artifact.list_artifacts(
            PROJECT, ENCODED, q=q, sort="-push_time", with_tag=True, with_label=True, with_scan_overview=True,
            with_sbom_overview=True, with_immutable_status=True, with_accessory=True)
        found = [sorted(tag.name for tag in artifact.tags) for artifact in listed]
        assert found == expected, found
        assert all(artifact.extra_attrs["os"] == "linux" and artifact.digest for artifact in listed), listed

    def label_and_filter(self):
        wanted = models.Label(name="approved", color="#48960C", scope="p", project_id=self.project_id)
        self.label_id = made(self.label.create_label, wanted)
        self.artifact.add_label(PROJECT, ENCODED, "v1", models.Label(id=self.label_id))
        self.expect_tags([["stable", "v1"]], q=f"labels=({self.label_id})")
        (artifact,) = self.artifact.list_artifacts(PROJECT, ENCODED, q="tags=v1", with_label=True)
        assert [label.name for label in artifact.labels] == ["approved"], artifact

    def copy(self):
        self.artifact.copy_artifact(PROJECT, "copy", f"{PROJECT}/{REPOSITORY}:v1")
        source, target = (self.artifact.get_artifact(PROJECT, name, "v1") for name in (ENCODED, "copy"))
        assert source.digest == target.digest, target

    def push_as_robot(self):
        access = [models.Access(resource="repository", action=action) for action in ("pull", "push")]
        permission = models.RobotPermission(kind="project", namespace=PROJECT, access=access)
        robot = self.robot.create_robot(
            models.RobotCreate(name="smith", level="project", duration=1, permissions=[permission]))
        Registry(self.base, robot.name, robot.secret).push("by-robot", "v1")
        fresh = self.robot.refresh_sec(robot.id, models.RobotSec())
        refused(401, Registry(self.base, robot.name, robot.secret).push, "by-robot", "v2")
        Registry(self.base, robot.name, fresh.secret).push("by-robot", "v2")
        got = self.robot.get_robot_by_id(robot.id)
        got.description = "builds and pushes"
        self.robot.update_robot(robot.id, got)
        assert self.robot.get_robot_by_id(robot.id).description == "builds and pushes"
        self.robot_id = robot.id

    def reach_quota(self):
        (quota,) = self.quota.list_quotas(reference="project", reference_id=str(self.project_id))
        used = quota.used["storage"]
        assert used > 0, quota
        member = Registry(self.base, MEMBER, MEMBER_PASSWORD)
        self.quota.update_quota(quota.id, models.QuotaUpdateReq(hard={"storage": used + 100}))
        assert "exceed the configured upper limit" in refused(403, member.push, "large", "v1", 20_000)
        self.quota.update_quota(quota.id, models.QuotaUpdateReq(hard={"storage": -1}))
        member.push("large", "v1", 20_000)

    def protect_tags(self):
        def selector(decoration, pattern):
            return models.ImmutableSelector(kind="doublestar", decoration=decoration, pattern=pattern)

        self.immutable.create_immu_rule(PROJECT, models.ImmutableRule(
            template="immutable_template", action="immutable", tag_selectors=[selector("matches", "v*")],
            scope_selectors={"repository": [selector("repoMatches", "dock/**")]}))
        said = refused(412, Registry(self.base, MEMBER, MEMBER_PASSWORD).push, REPOSITORY, "v1", 500)
        assert "configured as immutable" in said, said
        refused(412, self.artifact.delete_tag, PROJECT, ENCODED, "v1", "v1")
        (rule,) = self.immutable.list_immu_rules(PROJECT)
        self.immutable.delete_immu_rule(PROJECT, rule.id)

    def delete_all(self):
        self.artifact.delete_tag(PROJECT, ENCODED, "v1", "stable")
        self.artifact.remove_label(PROJECT, ENCODED, "v1", self.label_id)
        self.artifact.delete_artifact(PROJECT, ENCODED, "v2")
        self.expect_tags([["v1"]])
        refused(412, self.project.delete_project, PROJECT)
        repositories = self.repository.list_repositories(PROJECT)
        assert len(repositories) == 4, repositories
        for repository in repositories:
            name = repository.name.removeprefix(PROJECT + "/").replace("/", "%2F")
            self.repository.delete_repository(PROJECT, name)
        self.robot.delete_robot(self.robot_id)
        self.label.delete_label(self.label_id)
        self.member.delete_project_member(PROJECT, self.member_id)
        self.project.delete_project(PROJECT)
        refused(404, self.project.head_project, PROJECT)
        self.user.delete_user(self.user_id)


def main():
    base, name = sys.argv[1:]
    session = Session(base, name, sys.stdin.readline().rstrip("\n"))
    for step, does in (
        ("system", session.system), ("project", session.create_project), ("member", session.add_member),
        ("artifacts", session.push_and_list), ("labels", session.label_and_filter), ("copy", session.copy),
        ("robot", session.push_as_robot), ("quota", session.reach_quota), ("immutable", session.protect_tags),
        ("delete", session.delete_all),
    ):
        does()
        print(step, flush=True)


main()
