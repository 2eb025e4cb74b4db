// Command goharbor does with Harbor's own Go client what people's programs do with it, and stops at the first surprise.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/go-openapi/runtime"
	"github.com/goharbor/go-client/pkg/harbor"
	client "github.com/goharbor/go-client/pkg/sdk/v2.0/client"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/artifact"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/immutable"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/label"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/member"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/project"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/quota"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/repository"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/robot"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/systeminfo"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/client/user"
	"github.com/goharbor/go-client/pkg/sdk/v2.0/models"
)

const (
	usage = "usage: goharbor URL NAME, with the password on the input"

	projectName    = "shipyard"
	repositoryName = "dock/crane"
	memberName     = "erin"
	memberPassword = "Deck-Hand-5"

	roleDeveloper  = 2
	roleMaintainer = 4

	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
)

// What is wrong where a refusal was expected.
var errAccepted = errors.New("it was not refused")

// Harbor's client encodes a path once, and the specification wants the slash of a name encoded twice.
var encodedRepository = url.PathEscape(repositoryName)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return errors.New(usage)
	}
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if password == "" && err != nil {
		return fmt.Errorf("no password on the input: %w", err)
	}
	base, name := os.Args[1], os.Args[2]
	set, err := harbor.NewClientSet(&harbor.ClientSetConfig{
		URL: base, Username: name, Password: strings.TrimSuffix(password, "\n"),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := &session{ctx: ctx, base: base, api: set.V2()}
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"system", s.readSystem},
		{"project", s.createProject},
		{"member", s.addMember},
		{"artifacts", s.pushAndList},
		{"labels", s.labelAndFilter},
		{"copy", s.copyArtifact},
		{"robot", s.pushAsRobot},
		{"quota", s.reachQuota},
		{"immutable", s.protectTags},
		{"delete", s.deleteAll},
	} {
		if err := step.run(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Println(step.name)
	}
	return nil
}

type session struct {
	ctx  context.Context
	base string
	api  *client.HarborAPI

	projectID int64
	userID    int64
	memberID  int64
	labelID   int64
	robotID   int64
}

func (s *session) readSystem() error {
	info, err := s.api.Systeminfo.GetSystemInfo(s.ctx, systeminfo.NewGetSystemInfoParams())
	if err != nil {
		return err
	}
	if info.Payload.HarborVersion == nil || info.Payload.AuthMode == nil {
		return errors.New("taken for a stranger: no version is told")
	}
	return nil
}

func (s *session) createProject() error {
	unlimited := int64(-1)
	created, err := s.api.Project.CreateProject(s.ctx, project.NewCreateProjectParams().WithProject(&models.ProjectReq{
		ProjectName:  projectName,
		Metadata:     &models.ProjectMetadata{Public: "false"},
		StorageLimit: &unlimited,
	}))
	if err != nil {
		return err
	}
	if s.projectID, err = idOf(created.Location); err != nil {
		return err
	}
	byName := true
	got, err := s.api.Project.GetProject(s.ctx,
		project.NewGetProjectParams().WithProjectNameOrID(projectName).WithXIsResourceName(&byName))
	if err != nil {
		return err
	}
	if got.Payload.ProjectID != int32(s.projectID) || got.Payload.Metadata.Public != "false" {
		return fmt.Errorf("another project: %+v", got.Payload)
	}
	if _, err := s.api.Project.HeadProject(s.ctx, project.NewHeadProjectParams().WithProjectName(projectName)); err != nil {
		return err
	}
	_, err = s.api.Project.CreateProject(s.ctx,
		project.NewCreateProjectParams().WithProject(&models.ProjectReq{ProjectName: projectName}))
	var conflict *project.CreateProjectConflict
	if !errors.As(err, &conflict) {
		return fmt.Errorf("a second project of that name: %w", orAccepted(err))
	}
	return nil
}

func (s *session) addMember() error {
	created, err := s.api.User.CreateUser(s.ctx, user.NewCreateUserParams().WithUserReq(&models.UserCreationReq{
		Username: memberName, Realname: memberName, Email: memberName + "@example.com", Password: memberPassword,
	}))
	if err != nil {
		return err
	}
	if s.userID, err = idOf(created.Location); err != nil {
		return err
	}
	added, err := s.api.Member.CreateProjectMember(s.ctx,
		member.NewCreateProjectMemberParams().WithProjectNameOrID(projectName).WithProjectMember(&models.ProjectMember{
			RoleID: roleDeveloper, MemberUser: &models.UserEntity{Username: memberName},
		}))
	if err != nil {
		return err
	}
	if s.memberID, err = idOf(added.Location); err != nil {
		return err
	}
	_, err = s.api.Member.UpdateProjectMember(s.ctx, member.NewUpdateProjectMemberParams().
		WithProjectNameOrID(projectName).WithMid(s.memberID).WithRole(&models.RoleRequest{RoleID: roleMaintainer}))
	if err != nil {
		return err
	}
	entity := memberName
	listed, err := s.api.Member.ListProjectMembers(s.ctx,
		member.NewListProjectMembersParams().WithProjectNameOrID(projectName).WithEntityname(&entity))
	if err != nil {
		return err
	}
	if len(listed.Payload) != 1 || listed.Payload[0].RoleID != roleMaintainer {
		return fmt.Errorf("other members: %+v", listed.Payload)
	}
	return nil
}

func (s *session) pushAndList() error {
	for _, tag := range []string{"v1", "v2"} {
		if err := s.push(repositoryName, tag, memberName, memberPassword, 1000); err != nil {
			return err
		}
	}
	_, err := s.api.Artifact.CreateTag(s.ctx, artifact.NewCreateTagParams().WithProjectName(projectName).
		WithRepositoryName(encodedRepository).WithReference("v1").WithTag(&models.Tag{Name: "stable"}))
	if err != nil {
		return err
	}
	return s.expectTags(nil, "v2 | stable v1")
}

// Compares the tags of the repository, those of one artifact in order of name, newest artifact first.
func (s *session) expectTags(q *string, expected string) error {
	yes, newest := true, "-push_time"
	listed, err := s.api.Artifact.ListArtifacts(s.ctx, artifact.NewListArtifactsParams().WithProjectName(projectName).
		WithRepositoryName(encodedRepository).WithQ(q).WithSort(&newest).WithWithTag(&yes).WithWithLabel(&yes).
		WithWithScanOverview(&yes).WithWithImmutableStatus(&yes).WithWithAccessory(&yes))
	if err != nil {
		return err
	}
	var artifacts []string
	for _, one := range listed.Payload {
		var tags []string
		for _, tag := range one.Tags {
			tags = append(tags, tag.Name)
		}
		artifacts = append(artifacts, strings.Join(tags, " "))
	}
	if got := strings.Join(artifacts, " | "); got != expected || listed.XTotalCount != int64(len(artifacts)) {
		return fmt.Errorf("artifacts with tags %q of %d, not %q", got, listed.XTotalCount, expected)
	}
	return nil
}

func (s *session) labelAndFilter() error {
	created, err := s.api.Label.CreateLabel(s.ctx, label.NewCreateLabelParams().WithLabel(&models.Label{
		Name: "approved", Color: "#48960C", Scope: "p", ProjectID: s.projectID,
	}))
	if err != nil {
		return err
	}
	if s.labelID, err = idOf(created.Location); err != nil {
		return err
	}
	_, err = s.api.Artifact.AddLabel(s.ctx, artifact.NewAddLabelParams().WithProjectName(projectName).
		WithRepositoryName(encodedRepository).WithReference("v1").WithLabel(&models.Label{ID: s.labelID}))
	if err != nil {
		return err
	}
	q := fmt.Sprintf("labels=(%d)", s.labelID)
	return s.expectTags(&q, "stable v1")
}

func (s *session) copyArtifact() error {
	_, err := s.api.Artifact.CopyArtifact(s.ctx, artifact.NewCopyArtifactParams().WithProjectName(projectName).
		WithRepositoryName("copy").WithFrom(projectName+"/"+repositoryName+":v1"))
	if err != nil {
		return err
	}
	one := func(repository string) (*artifact.GetArtifactOK, error) {
		return s.api.Artifact.GetArtifact(s.ctx, artifact.NewGetArtifactParams().WithProjectName(projectName).
			WithRepositoryName(repository).WithReference("v1"))
	}
	source, err := one(encodedRepository)
	if err != nil {
		return err
	}
	target, err := one("copy")
	if err != nil {
		return err
	}
	if source.Payload.Digest != target.Payload.Digest {
		return fmt.Errorf("%s became %s", source.Payload.Digest, target.Payload.Digest)
	}
	return nil
}

func (s *session) pushAsRobot() error {
	created, err := s.api.Robot.CreateRobot(s.ctx, robot.NewCreateRobotParams().WithRobot(&models.RobotCreate{
		Name: "builder", Level: "project", Duration: 1,
		Permissions: []*models.RobotPermission{{
			Kind: "project", Namespace: projectName, Access: []*models.Access{
				{Resource: "repository", Action: "push"}, {Resource: "repository", Action: "pull"},
			},
		}},
	}))
	if err != nil {
		return err
	}
	s.robotID = created.Payload.ID
	if err := s.push("by-robot", "v1", created.Payload.Name, created.Payload.Secret, 1000); err != nil {
		return err
	}
	refreshed, err := s.api.Robot.RefreshSec(s.ctx,
		robot.NewRefreshSecParams().WithRobotID(s.robotID).WithRobotSec(&models.RobotSec{}))
	if err != nil {
		return err
	}
	if err := s.push("by-robot", "v2", created.Payload.Name, created.Payload.Secret, 1000); err == nil {
		return errors.New("the former secret still works")
	}
	if err := s.push("by-robot", "v2", created.Payload.Name, refreshed.Payload.Secret, 1000); err != nil {
		return err
	}
	got, err := s.api.Robot.GetRobotByID(s.ctx, robot.NewGetRobotByIDParams().WithRobotID(s.robotID))
	if err != nil {
		return err
	}
	got.Payload.Description = "builds and pushes"
	_, err = s.api.Robot.UpdateRobot(s.ctx, robot.NewUpdateRobotParams().WithRobotID(s.robotID).WithRobot(got.Payload))
	return err
}

func (s *session) reachQuota() error {
	reference, id := "project", strconv.FormatInt(s.projectID, 10)
	listed, err := s.api.Quota.ListQuotas(s.ctx,
		quota.NewListQuotasParams().WithReference(&reference).WithReferenceID(&id))
	if err != nil {
		return err
	}
	if len(listed.Payload) != 1 || listed.Payload[0].Used["storage"] == 0 {
		return fmt.Errorf("other quotas: %+v", listed.Payload)
	}
	limit := func(bytes int64) error {
		_, err := s.api.Quota.UpdateQuota(s.ctx, quota.NewUpdateQuotaParams().WithID(listed.Payload[0].ID).
			WithHard(&models.QuotaUpdateReq{Hard: models.ResourceList{"storage": bytes}}))
		return err
	}
	if err := limit(listed.Payload[0].Used["storage"] + 100); err != nil {
		return err
	}
	const large = 20_000
	err = s.push("large", "v1", memberName, memberPassword, large)
	if err == nil || !strings.Contains(err.Error(), "exceed the configured upper limit") {
		return fmt.Errorf("over the limit: %w", orAccepted(err))
	}
	if err := limit(-1); err != nil {
		return err
	}
	return s.push("large", "v1", memberName, memberPassword, large)
}

func (s *session) protectTags() error {
	_, err := s.api.Immutable.CreateImmuRule(s.ctx,
		immutable.NewCreateImmuRuleParams().WithProjectNameOrID(projectName).WithImmutableRule(&models.ImmutableRule{
			Template: "immutable_template", Action: "immutable",
			TagSelectors: []*models.ImmutableSelector{{Kind: "doublestar", Decoration: "matches", Pattern: "v*"}},
			ScopeSelectors: map[string][]models.ImmutableSelector{
				"repository": {{Kind: "doublestar", Decoration: "repoMatches", Pattern: "dock/**"}},
			},
		}))
	if err != nil {
		return err
	}
	err = s.push(repositoryName, "v1", memberName, memberPassword, 500)
	if err == nil || !strings.Contains(err.Error(), "configured as immutable") {
		return fmt.Errorf("a push to an immutable tag: %w", orAccepted(err))
	}
	_, err = s.api.Artifact.DeleteTag(s.ctx, artifact.NewDeleteTagParams().WithProjectName(projectName).
		WithRepositoryName(encodedRepository).WithReference("v1").WithTagName("v1"))
	if err := expectStatus(err, http.StatusPreconditionFailed); err != nil {
		return err
	}
	listed, err := s.api.Immutable.ListImmuRules(s.ctx,
		immutable.NewListImmuRulesParams().WithProjectNameOrID(projectName))
	if err != nil {
		return err
	}
	if len(listed.Payload) != 1 {
		return fmt.Errorf("%d rules", len(listed.Payload))
	}
	_, err = s.api.Immutable.DeleteImmuRule(s.ctx, immutable.NewDeleteImmuRuleParams().
		WithProjectNameOrID(projectName).WithImmutableRuleID(listed.Payload[0].ID))
	return err
}

func (s *session) deleteAll() error {
	_, err := s.api.Artifact.DeleteTag(s.ctx, artifact.NewDeleteTagParams().WithProjectName(projectName).
		WithRepositoryName(encodedRepository).WithReference("v1").WithTagName("stable"))
	if err != nil {
		return err
	}
	_, err = s.api.Artifact.RemoveLabel(s.ctx, artifact.NewRemoveLabelParams().WithProjectName(projectName).
		WithRepositoryName(encodedRepository).WithReference("v1").WithLabelID(s.labelID))
	if err != nil {
		return err
	}
	_, err = s.api.Artifact.DeleteArtifact(s.ctx, artifact.NewDeleteArtifactParams().WithProjectName(projectName).
		WithRepositoryName(encodedRepository).WithReference("v2"))
	if err != nil {
		return err
	}
	if err := s.expectTags(nil, "v1"); err != nil {
		return err
	}
	remove := func() error {
		_, err := s.api.Project.DeleteProject(s.ctx, project.NewDeleteProjectParams().WithProjectNameOrID(projectName))
		return err
	}
	var full *project.DeleteProjectPreconditionFailed
	if err := remove(); !errors.As(err, &full) {
		return fmt.Errorf("a project with repositories: %w", orAccepted(err))
	}
	listed, err := s.api.Repository.ListRepositories(s.ctx,
		repository.NewListRepositoriesParams().WithProjectName(projectName))
	if err != nil {
		return err
	}
	if len(listed.Payload) != 4 {
		return fmt.Errorf("%d repositories", len(listed.Payload))
	}
	for _, one := range listed.Payload {
		name := url.PathEscape(strings.TrimPrefix(one.Name, projectName+"/"))
		_, err := s.api.Repository.DeleteRepository(s.ctx,
			repository.NewDeleteRepositoryParams().WithProjectName(projectName).WithRepositoryName(name))
		if err != nil {
			return fmt.Errorf("%s: %w", one.Name, err)
		}
	}
	if _, err := s.api.Robot.DeleteRobot(s.ctx, robot.NewDeleteRobotParams().WithRobotID(s.robotID)); err != nil {
		return err
	}
	if _, err := s.api.Label.DeleteLabel(s.ctx, label.NewDeleteLabelParams().WithLabelID(s.labelID)); err != nil {
		return err
	}
	_, err = s.api.Member.DeleteProjectMember(s.ctx,
		member.NewDeleteProjectMemberParams().WithProjectNameOrID(projectName).WithMid(s.memberID))
	if err != nil {
		return err
	}
	if err := remove(); err != nil {
		return err
	}
	_, err = s.api.Project.HeadProject(s.ctx, project.NewHeadProjectParams().WithProjectName(projectName))
	var gone *project.HeadProjectNotFound
	if !errors.As(err, &gone) {
		return fmt.Errorf("the project after its deletion: %w", orAccepted(err))
	}
	_, err = s.api.User.DeleteUser(s.ctx, user.NewDeleteUserParams().WithUserID(s.userID))
	return err
}

// Pushes an image of one layer by the registry's API, as Harbor's client has nothing for it.
func (s *session) push(repository, tag, name, secret string, size int) error {
	config, err := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux", "rootfs": map[string]any{"type": "layers", "diff_ids": []string{}},
		"author": repository + ":" + tag,
	})
	if err != nil {
		return err
	}
	layer := bytes.Repeat([]byte(tag), size)
	registry := registry{ctx: s.ctx, base: s.base, name: name, secret: secret}
	address := "/v2/" + projectName + "/" + repository
	for _, blob := range [][]byte{config, layer} {
		if err := registry.upload(address, blob); err != nil {
			return err
		}
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": descriptor(configType, config), "layers": []any{descriptor(layerType, layer)},
	})
	if err != nil {
		return err
	}
	_, err = registry.call(http.MethodPut, address+"/manifests/"+tag, manifestType, manifest)
	return err
}

type registry struct {
	ctx                context.Context
	base, name, secret string
}

func (r registry) upload(address string, blob []byte) error {
	started, err := r.call(http.MethodPost, address+"/blobs/uploads/", "", nil)
	if err != nil {
		return err
	}
	location, err := url.Parse(started.Get("Location"))
	if err != nil {
		return err
	}
	query := location.Query()
	query.Set("digest", digest(blob))
	location.RawQuery = query.Encode()
	_, err = r.call(http.MethodPut, location.String(), "application/octet-stream", blob)
	return err
}

func (r registry) call(method, target, mediaType string, body []byte) (http.Header, error) {
	if strings.HasPrefix(target, "/") {
		target = r.base + target
	}
	request, err := http.NewRequestWithContext(r.ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(r.name, r.secret)
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s: %s", method, target, response.Status, said)
	}
	return response.Header, nil
}

func descriptor(mediaType string, content []byte) map[string]any {
	return map[string]any{"mediaType": mediaType, "digest": digest(content), "size": len(content)}
}

func digest(content []byte) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256(content))
}

func idOf(location string) (int64, error) {
	id, err := strconv.ParseInt(path.Base(location), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("no id in the location %q: %w", location, err)
	}
	return id, nil
}

// Wants a refusal that Harbor's specification does not list: the client's runtime has one type for all of them.
func expectStatus(err error, status int) error {
	var unlisted *runtime.APIError
	if errors.As(err, &unlisted) && unlisted.Code == status {
		return nil
	}
	return fmt.Errorf("not the status %d: %w", status, orAccepted(err))
}

func orAccepted(err error) error {
	if err == nil {
		return errAccepted
	}
	return err
}
