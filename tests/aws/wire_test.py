"""What our client sends, judged by botocore: the same signatures, and the same parameters."""

import base64
import datetime
import hashlib
import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import pytest

from own_probe import KEYS, REGION, ROOT, Probe, probe_binary

TOKEN = "canary/session+token=="
ANSWERS = {
    "identity": "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:x</Arn>"
                "<Account>1</Account><UserId>u</UserId></GetCallerIdentityResult>"
                "</GetCallerIdentityResponse>",
    "instances": "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>",
    "parameter": '{"Parameter": {"Value": "x"}}',
    "list": "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>",
    "get": "bytes", "put": "", "schedule": '{"ScheduleArn": "arn"}', "unschedule": "{}",
    "reschedule": '{"ScheduleArn": "arn"}', "schedules": '{"Schedules": []}',
}


class Recorder(ThreadingHTTPServer):
    """Keeps every request and answers with the text that is set."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), RecordingHandler)
        self.requests = []
        self.answer = ""
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class RecordingHandler(BaseHTTPRequestHandler):
    def record(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers.items()), body))
        text = self.server.answer.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = record

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def recorder():
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def probe(recorder, tmp_path):
    return Probe(probe_binary(), tmp_path, recorder.url)


def signature_by_botocore(request, url, service, region, token):
    """The signature that botocore gives to a request that was received."""
    method, path, headers, body = request
    authorization = {name.lower(): value for name, value in headers.items()}["authorization"]
    signed = re.search(r"SignedHeaders=([^,]+)", authorization)[1].split(";")
    keys = botocore.credentials.Credentials(KEYS["AWS_ACCESS_KEY_ID"],
                                            KEYS["AWS_SECRET_ACCESS_KEY"], token)
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = kind(keys, service, region)
    ours = botocore.awsrequest.AWSRequest(method, url + path, data=body)
    for name, value in headers.items():
        if name.lower() in signed:
            ours.headers[name] = value
    ours.context["timestamp"] = ours.headers["X-Amz-Date"]
    canonical = signer.canonical_request(ours)
    return authorization, signer.signature(signer.string_to_sign(ours, canonical), ours)


CALLS = [
    ("sts", ("identity",)),
    ("ec2", ("instances", "tag:mayfly:run=7", "i-1")),
    ("ssm", ("parameter", "/prod/db")),
    ("s3", ("list", "bucket", "a b/ü&x=y+~*")),
    ("s3", ("get", "bucket", "some/key with (signs) & ü~*'!.gz")),
    ("s3", ("put", "bucket", "k", "the bytes")),
    ("s3", ("put", "bucket", "large", "12345678", "200000")),
    ("scheduler", ("schedule", "run-7", "2030-01-01T00:00:00Z", "arn:role", "{}")),
    ("scheduler", ("reschedule", "run-7", "2030-01-01T00:00:00Z", "arn:role", "{}")),
    ("scheduler", ("schedules", "mayfly-a.b_c-run-7-")),
    ("scheduler", ("unschedule", "run-7")),
]


@pytest.mark.parametrize("token", ["", TOKEN], ids=["keys", "session"])
@pytest.mark.parametrize("service, call", CALLS, ids=lambda value: value[0])
def test_every_signature_is_that_of_botocore(probe, recorder, service, call, token):
    recorder.answer = ANSWERS[call[0]]
    probe(*call, AWS_SESSION_TOKEN=token)
    request = recorder.requests[-1]
    headers = {name.lower(): value for name, value in request[2].items()}
    authorization, expected = signature_by_botocore(request, recorder.url, service, REGION, token)
    assert f"/{REGION}/{service}/aws4_request" in authorization
    assert authorization.endswith("Signature=" + expected), authorization
    assert headers.get("x-amz-security-token", "") == token
    if token:
        assert "x-amz-security-token" in authorization
    if service == "s3":
        assert headers["x-amz-content-sha256"] == hashlib.sha256(request[3]).hexdigest()


def test_a_machine_fetches_its_program_as_botocore_would(recorder, tmp_path):
    """The function of the script of birth that asks S3, with the curl that is here."""
    script = (ROOT / "src/adapters/aws/provider/birth.sh").read_text()
    fetch = re.search(r"^fetch\(\) \{.*?^\}", script, re.MULTILINE | re.DOTALL)[0]
    key = re.search(r"^key\(\) .*$", script, re.MULTILINE)[0]
    keys = json.dumps({"AccessKeyId": KEYS["AWS_ACCESS_KEY_ID"], "Token": TOKEN,
                       "SecretAccessKey": KEYS["AWS_SECRET_ACCESS_KEY"]}, indent=2)
    recorder.answer = "the program"
    subprocess.run(["sh", "-eu", "-c", f"{key}\n{fetch}\nfetch"], check=True, cwd=tmp_path, timeout=30,
                   env={"PATH": os.environ["PATH"], "AWS_REGION": REGION, "keys": keys,
                        "url": recorder.url + "/bucket/mayfly/bundles/one-2.tar.gz"})
    assert (tmp_path / "bundle.tar.gz").read_text() == "the program"
    request = recorder.requests[-1]
    authorization, expected = signature_by_botocore(request, recorder.url, "s3", REGION, TOKEN)
    assert authorization.endswith("Signature=" + expected), authorization
    assert "x-amz-security-token" in authorization


@pytest.mark.parametrize("token", ["", TOKEN], ids=["keys", "session"])
def test_the_login_to_a_database_is_that_of_botocore(probe, monkeypatch, token):
    ours = probe("db-token", "db.example.org", "an owner", AWS_SESSION_TOKEN=token)["token"]
    query = dict(parse_qsl(urlsplit("https://" + ours).query))
    assert query["Action"] == "connect" and query["DBUser"] == "an owner"

    keys = botocore.credentials.Credentials(KEYS["AWS_ACCESS_KEY_ID"],
                                            KEYS["AWS_SECRET_ACCESS_KEY"], token or None)
    signer = botocore.auth.SigV4QueryAuth(keys, "rds-db", REGION, expires=900)
    request = botocore.awsrequest.AWSRequest(
        "GET", "https://db.example.org:5432/?Action=connect&DBUser=an%20owner")
    at = datetime.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_: at)
    signer.add_auth(request)
    theirs = dict(parse_qsl(urlsplit(request.url).query))
    assert query == theirs


def serialized(operation, arguments):
    """The form that botocore makes of a call of EC2."""
    model = botocore.session.get_session().get_service_model("ec2").operation_model(operation)
    serializer = botocore.serialize.create_serializer("ec2")
    return serializer.serialize_to_request(arguments, model)["body"]


MACHINE = {
    "ImageId": "ami-1", "InstanceType": "c7i.large",
    "InstanceInitiatedShutdownBehavior": "terminate",
    "IamInstanceProfile": {"Name": "mayfly-worker"},
    "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled",
                        "HttpPutResponseHopLimit": 1, "InstanceMetadataTags": "enabled"},
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {
        "VolumeSize": 50, "VolumeType": "gp3", "DeleteOnTermination": True, "Encrypted": True,
        "Iops": 4000, "Throughput": 250}}],
    "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 1},
}
USER_DATA = "#!/bin/sh\necho ä & exit\n"
TAGS = [{"Key": "mayfly:run", "Value": "7"}, {"Key": "mayfly:owner", "Value": 'A & B="x"/ü'}]


def interface(**more):
    return {"DeviceIndex": 0, "Groups": ["sg-0123456789abcdef0"], "DeleteOnTermination": True,
            "AssociatePublicIpAddress": False, **more}


def tagged(*types):
    return [{"ResourceType": kind, "Tags": TAGS} for kind in types]


def body(probe, *arguments):
    return dict(parse_qsl(probe("body", *arguments)["body"], keep_blank_values=True))


def test_run_instances_is_written_as_botocore_writes_it(probe):
    theirs = serialized("RunInstances", {
        **MACHINE, "MinCount": 1, "MaxCount": 1, "ClientToken": "token-1",
        "UserData": "", "NetworkInterfaces": [interface(SubnetId="subnet-1")],
        "InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {
            "MaxPrice": "0.5", "SpotInstanceType": "one-time",
            "InstanceInterruptionBehavior": "terminate"}},
        "TagSpecifications": tagged("instance", "volume", "network-interface",
                                    "spot-instances-request")})
    ours = body(probe, "run", "ami-1", "subnet-1", "token-1")
    # botocore leaves base64 to a handler in front of its serializer.
    assert base64.b64decode(ours.pop("UserData")).decode() == USER_DATA
    theirs.pop("UserData")
    assert ours == {name: str(value) for name, value in theirs.items()}


def test_a_launch_template_is_written_as_botocore_writes_it(probe):
    theirs = serialized("CreateLaunchTemplate", {
        "LaunchTemplateName": "mayfly-token-2", "ClientToken": "token-2",
        "TagSpecifications": tagged("launch-template"),
        "LaunchTemplateData": {
            **MACHINE, "NetworkInterfaces": [interface()],
            "TagSpecifications": tagged("instance", "volume", "network-interface")}})
    ours = body(probe, "template", "ami-1", "subnet-1", "token-2")
    assert ours.pop("LaunchTemplateData.UserData")
    assert ours == {name: str(value) for name, value in theirs.items()}


def test_a_fleet_is_written_as_botocore_writes_it(probe):
    theirs = serialized("CreateFleet", {
        "Type": "instant", "ClientToken": "token-3",
        "SpotOptions": {"AllocationStrategy": "price-capacity-optimized"},
        "TargetCapacitySpecification": {"TotalTargetCapacity": 1,
                                        "DefaultTargetCapacityType": "spot"},
        "LaunchTemplateConfigs": [{
            "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1", "Version": "1"},
            "Overrides": [{"InstanceType": "c7i.large", "SubnetId": "subnet-1"},
                          {"InstanceType": "m7i.large", "SubnetId": "subnet-1"}]}],
        "TagSpecifications": [{"ResourceType": "fleet", "Tags": TAGS[:1]}]})
    ours = body(probe, "fleet", "lt-1", "token-3", "subnet-1", "c7i.large", "m7i.large")
    assert ours == {name: str(value) for name, value in theirs.items()}


def test_no_request_holds_the_secret_key(recorder, probe):
    recorder.answer = ANSWERS["identity"]
    probe("identity")
    for request in recorder.requests:
        assert KEYS["AWS_SECRET_ACCESS_KEY"] not in str(request)
