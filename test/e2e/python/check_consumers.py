"""Compares what botocore does with what the consumers' code and documents say about it.

Usage: check_consumers.py PROJECT WRITTEN, a JSON list of files into which a key was put
"""

import datetime
import json
import os
import pathlib
import sys
import tempfile

PROJECT = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(PROJECT / "docs" / "examples"))

import boto3
import botocore.session
import moto
import time_machine
from botocore.httpsession import ProxyConfiguration
from botocore.utils import get_environ_proxies
from rotated_credentials import RotatedKey, key_in

CONFORMANCE = PROJECT / "consumer" / "conformance"
CASES = PROJECT / "test" / "consumer" / "support"


def load(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def only(variables):
    """Removes everything from the environment that could change what botocore finds."""
    for name in list(os.environ):
        if name.upper().startswith("AWS_") or name.lower().endswith("_proxy") or name == "REQUEST_METHOD":
            del os.environ[name]
    os.environ.update(variables)


def check_proxies():
    for case in load(CASES, "proxy-cases.json"):
        only(case["environment"])
        proxies = ProxyConfiguration(get_environ_proxies(case["url"]))
        expect(f"proxy, {case['what']}", proxies.proxy_url_for(case["url"]), case["proxy"])


METHODS = {
    "shared-credentials-file": "key-in-credentials",
    "config-file": "key-in-config",
    "custom-process": "credential-process",
}


def check_sources():
    for case in load(CASES, "source-cases.json"):
        with tempfile.TemporaryDirectory() as folder:
            files = {name: os.path.join(folder, name) for name in ("config", "credentials")}
            for name, path in files.items():
                pathlib.Path(path).write_text(case.get(name, ""), encoding="utf-8")
            only(
                {
                    "AWS_CONFIG_FILE": files["config"],
                    "AWS_SHARED_CREDENTIALS_FILE": files["credentials"],
                    "AWS_EC2_METADATA_DISABLED": "true",
                }
            )
            found = botocore.session.Session(profile="app").get_credentials()
            expect(f"source, {case['what']}", METHODS[found.method], case["sources"]["AWS CLI and Python"])


def check_written():
    for case in json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")):
        files = {"config": os.devnull, "credentials": os.devnull, case["kind"]: case["path"]}
        only({"AWS_CONFIG_FILE": files["config"], "AWS_SHARED_CREDENTIALS_FILE": files["credentials"]})
        found = botocore.session.Session(profile="app").get_credentials().get_frozen_credentials()
        expect(f"written, {case['before']!r}", found[:3], (case["accessKeyId"], case["secretAccessKey"], None))


def check_documents():
    for case in load(CONFORMANCE, "documents.json")["cases"]:
        try:
            key = key_in(case["secretString"])
            found = {"accessKeyId": key[0], "secretAccessKey": key[1]}
        except ValueError as error:
            found = None
            expect(case["what"], str(error), "The secret holds no access key.")
        expect(case["what"], found, case.get("accept"))


class Secrets:
    """A Secrets Manager that the steps of label-changes.json move on."""

    def __init__(self, versions):
        self.versions, self.step = versions, None

    def get_secret_value(self, **asked):
        expect("what is asked", asked, {"SecretId": "alice"})
        if self.step["secretsManager"] != "answer":
            raise RuntimeError("Secrets Manager is away")
        current = [version for version, labels in self.step["labels"].items() if "AWSCURRENT" in labels]
        return {"SecretString": self.versions[current[0]]}


def check_label_changes():
    changes = load(CONFORMANCE, "label-changes.json")
    secrets = Secrets(changes["versions"])
    provider, credentials = RotatedKey(secrets, "alice"), None
    with time_machine.travel(datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), tick=False) as clock:
        for step in changes["steps"]:
            secrets.step = step
            clock.shift(11 * 60)
            try:
                credentials = credentials or provider.load()
                found = credentials.get_frozen_credentials().access_key
            except ValueError:
                found = None
            expect(step["what"], found, step["signsWith"])


def check_boto3():
    """Real clients, whose calls are signed with one key and then with its successor."""
    only({})
    document = lambda letter: json.dumps(
        {"AccessKeyId": f"AKIAEXAMPLE00000000{letter}", "SecretAccessKey": f"exampleSecretOfKey{letter}0"}
    )
    signers = []
    with moto.mock_aws(), time_machine.travel(datetime.datetime.now(datetime.timezone.utc)) as clock:
        reader = boto3.Session("AKIAEXAMPLEREADER000", "exampleSecretOfReader", region_name="eu-west-1")
        secrets = reader.client("secretsmanager")
        secrets.create_secret(Name="alice", SecretString=document("A"))
        session = botocore.session.Session()
        session.get_component("credential_provider").insert_before("env", RotatedKey(secrets, "alice"))
        client = boto3.Session(botocore_session=session, region_name="eu-west-1").client("sts")
        client.meta.events.register(
            "before-send.sts.*",
            lambda request, **_: signers.append(str(request.headers["Authorization"]).split("Credential=")[1][:20]),
        )
        client.get_caller_identity()
        secrets.put_secret_value(SecretId="alice", SecretString=document("B"))
        client.get_caller_identity()
        clock.shift(11 * 60)
        client.get_caller_identity()
    expect("signers", [signer[-1] for signer in signers], ["A", "A", "B"])


for check in (check_proxies, check_sources, check_written, check_documents, check_label_changes, check_boto3):
    check()
    print(check.__name__)
