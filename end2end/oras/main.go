// Command oras does with oras-go what the client of that name does: it has no published module, its library has.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/file"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/retry"
)

const usage = `usage: oras [--user NAME --password-stdin] COMMAND
  push REFERENCE TYPE FILE...
  attach REFERENCE TYPE FILE...
  discover REFERENCE [TYPE]
  pull REFERENCE FOLDER
  copy SOURCE TARGET     with all that refers to the source
  tags REPOSITORY
  tag REFERENCE TAG
  resolve REFERENCE
  delete REFERENCE@DIGEST`

// Registries of a test speak plain HTTP.
const plainHTTP = true

type session struct {
	ctx    context.Context
	client *auth.Client
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) > 3 && os.Args[2] == "--plain-http" {
		return asTheClient(os.Args[1], os.Args[3:])
	}
	user := flag.String("user", "", "name to sign in with")
	stdin := flag.Bool("password-stdin", false, "read the password from the input")
	flag.Parse()
	credential := auth.EmptyCredential
	if *user != "" {
		if !*stdin {
			return errors.New(usage)
		}
		password, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if password == "" && err != nil {
			return fmt.Errorf("no password on the input: %w", err)
		}
		credential = auth.Credential{Username: *user, Password: strings.TrimSuffix(password, "\n")}
	}
	s := session{ctx: context.Background(), client: &auth.Client{
		Client:     retry.DefaultClient,
		Cache:      auth.NewCache(),
		Credential: func(context.Context, string) (auth.Credential, error) { return credential, nil },
	}}
	arguments := flag.Args()
	if len(arguments) < 2 {
		return errors.New(usage)
	}
	command, repository, rest := arguments[0], arguments[1], arguments[2:]
	target, err := s.repository(repository)
	if err != nil {
		return err
	}
	switch {
	case command == "push" && len(rest) >= 2:
		return s.push(target, rest[0], rest[1:], nil)
	case command == "attach" && len(rest) >= 2:
		subject, err := target.Resolve(s.ctx, target.Reference.Reference)
		if err != nil {
			return err
		}
		return s.push(target, rest[0], rest[1:], &subject)
	case command == "discover" && len(rest) <= 1:
		return s.discover(target, strings.Join(rest, ""))
	case command == "pull" && len(rest) == 1:
		return s.pull(target, rest[0])
	case command == "copy" && len(rest) == 1:
		return s.copy(target, rest[0])
	case command == "tags" && len(rest) == 0:
		return target.Tags(s.ctx, "", func(tags []string) error {
			for _, tag := range tags {
				fmt.Println(tag)
			}
			return nil
		})
	case command == "tag" && len(rest) == 1:
		_, err := oras.Tag(s.ctx, target, target.Reference.Reference, rest[0])
		return err
	case command == "resolve" && len(rest) == 0:
		descriptor, err := target.Resolve(s.ctx, target.Reference.Reference)
		if err == nil {
			fmt.Println(descriptor.Digest)
		}
		return err
	case command == "delete" && len(rest) == 0:
		descriptor, err := target.Resolve(s.ctx, target.Reference.Reference)
		if err != nil {
			return err
		}
		return target.Delete(s.ctx, descriptor)
	}
	return errors.New(usage)
}

func (s session) repository(reference string) (*remote.Repository, error) {
	repository, err := remote.NewRepository(reference)
	if err != nil {
		return nil, err
	}
	repository.PlainHTTP = plainHTTP
	repository.Client = s.client
	return repository, nil
}

// push packs files as one artifact and prints its digest; with a subject it gets no tag.
func (s session) push(target *remote.Repository, artifactType string, paths []string, subject *v1.Descriptor) error {
	store, err := file.New("")
	if err != nil {
		return err
	}
	defer store.Close()
	options := oras.PackManifestOptions{Subject: subject}
	for _, path := range paths {
		layer, err := store.Add(s.ctx, filepath.Base(path), "application/octet-stream", path)
		if err != nil {
			return err
		}
		options.Layers = append(options.Layers, layer)
	}
	manifest, err := oras.PackManifest(s.ctx, store, oras.PackManifestVersion1_1, artifactType, options)
	if err != nil {
		return err
	}
	if subject != nil {
		err = oras.CopyGraph(s.ctx, store, target, manifest, oras.DefaultCopyGraphOptions)
	} else {
		tag := target.Reference.Reference
		if err := store.Tag(s.ctx, manifest, tag); err != nil {
			return err
		}
		_, err = oras.Copy(s.ctx, store, tag, target, tag, oras.DefaultCopyOptions)
	}
	if err == nil {
		fmt.Println(manifest.Digest)
	}
	return err
}

// discover prints a line for each manifest that refers to the reference: digest, type, how it was found.
func (s session) discover(target *remote.Repository, artifactType string) error {
	subject, err := target.Resolve(s.ctx, target.Reference.Reference)
	if err != nil {
		return err
	}
	return target.Referrers(s.ctx, subject, artifactType, func(referrers []v1.Descriptor) error {
		for _, referrer := range referrers {
			fmt.Println(referrer.Digest, referrer.ArtifactType)
		}
		return nil
	})
}

func (s session) pull(source *remote.Repository, folder string) error {
	store, err := file.New(folder)
	if err != nil {
		return err
	}
	defer store.Close()
	reference := source.Reference.Reference
	descriptor, err := oras.Copy(s.ctx, source, reference, store, reference, oras.DefaultCopyOptions)
	if err == nil {
		fmt.Println(descriptor.Digest)
	}
	return err
}

func (s session) copy(source *remote.Repository, to string) error {
	target, err := s.repository(to)
	if err != nil {
		return err
	}
	options := oras.DefaultExtendedCopyOptions
	options.MountFrom = func(context.Context, v1.Descriptor) ([]string, error) {
		return []string{source.Reference.Repository}, nil
	}
	_, err = oras.ExtendedCopy(s.ctx, source, source.Reference.Reference, target, target.Reference.Reference, options)
	return err
}
