"""What the suite asks of PyPI's `oras`: client.py HOST FOLDER USER COMMAND TARGET [ARGUMENT...], password on stdin."""

import os
import sys

import oras.client
import oras.oci


def main():
    host, folder, user, command, target, *rest = sys.argv[1:]
    password = sys.stdin.read()
    client = oras.client.OrasClient(hostname=host, insecure=True, auth_backend="token")
    if user:
        config = os.path.join(folder, "config-" + user + ".json")
        client.login(hostname=host, username=user, password=password, tls_verify=False, config_path=config)
    quietly = {"disable_path_validation": True, "quiet": True}
    if command == "push":
        answer = client.push(target=target, files=rest, **quietly)
        print(answer.headers["Docker-Content-Digest"])
    elif command == "push-chunked":
        answer = client.push(target=target, files=rest, do_chunked=True, chunk_size=1 << 20, **quietly)
        print(answer.headers["Docker-Content-Digest"])
    elif command == "attach":
        # The library writes the manifest again to learn its digest.
        subject = oras.oci.Subject.from_manifest(client.get_manifest(client.get_container(target)))
        answer = client.push(target=rest[0], files=rest[1:], subject=subject, **quietly)
        if answer.headers["OCI-Subject"] != subject.digest:
            sys.exit("the registry knows another subject")
        print(answer.headers["Docker-Content-Digest"])
    elif command == "pull":
        print("\n".join(client.pull(target=target, outdir=rest[0])))
    elif command == "tags":
        print("\n".join(client.get_tags(target)))
    elif command == "delete":
        print("\n".join(client.delete_tags(target, rest)))
    else:
        sys.exit("unknown command " + command)


main()
