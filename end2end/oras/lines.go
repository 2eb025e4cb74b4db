package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/file"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// What the client calls an artifact whose type nobody names.
const unknownType = "application/vnd.unknown.artifact.v1"

// asTheClient runs the lines that the portal shows for the client of that name, in the client's own grammar:
//
//	oras login --plain-http HOST -u NAME --password-stdin
//	oras push --plain-http REFERENCE FILE:TYPE
//	oras pull --plain-http REFERENCE
func asTheClient(command string, arguments []string) error {
	ctx := context.Background()
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{AllowPlaintextPut: true})
	if err != nil {
		return err
	}
	if command == "login" {
		if len(arguments) != 4 || arguments[1] != "-u" || arguments[3] != "--password-stdin" {
			return errors.New("login HOST -u NAME --password-stdin")
		}
		return login(ctx, store, arguments[0], arguments[2])
	}
	if len(arguments) == 0 {
		return errors.New("no reference")
	}
	repository, err := remote.NewRepository(arguments[0])
	if err != nil {
		return err
	}
	repository.PlainHTTP = plainHTTP
	repository.Client = &auth.Client{
		Client:     retry.DefaultClient,
		Cache:      auth.NewCache(),
		Credential: credentials.Credential(store),
	}
	files, err := file.New("")
	if err != nil {
		return err
	}
	defer files.Close()
	tag := repository.Reference.Reference
	switch {
	case command == "push" && len(arguments) == 2:
		return pushFile(ctx, files, repository, tag, arguments[1])
	case command == "pull" && len(arguments) == 1:
		_, err := oras.Copy(ctx, repository, tag, files, tag, oras.DefaultCopyOptions)
		return err
	}
	return fmt.Errorf("%s is not among the lines", command)
}

func login(ctx context.Context, store credentials.Store, host, name string) error {
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if password == "" && err != nil {
		return fmt.Errorf("no password on the input: %w", err)
	}
	registry, err := remote.NewRegistry(host)
	if err != nil {
		return err
	}
	registry.PlainHTTP = plainHTTP
	return credentials.Login(ctx, store, registry, auth.Credential{
		Username: name,
		Password: strings.TrimSuffix(password, "\n"),
	})
}

func pushFile(ctx context.Context, files *file.Store, target *remote.Repository, tag, named string) error {
	path, mediaType, typed := strings.Cut(named, ":")
	if !typed {
		mediaType = "application/vnd.oci.image.layer.v1.tar"
	}
	layer, err := files.Add(ctx, filepath.Base(path), mediaType, path)
	if err != nil {
		return err
	}
	options := oras.PackManifestOptions{}
	options.Layers = append(options.Layers, layer)
	manifest, err := oras.PackManifest(ctx, files, oras.PackManifestVersion1_1, unknownType, options)
	if err != nil {
		return err
	}
	if err := files.Tag(ctx, manifest, tag); err != nil {
		return err
	}
	_, err = oras.Copy(ctx, files, tag, target, tag, oras.DefaultCopyOptions)
	return err
}
