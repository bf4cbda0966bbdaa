"""A running `mayfly ec2sim`, and transcripts of what official clients say to it."""

import datetime
import difflib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import botocore.config
import botocore.exceptions
import botocore.session

GOLDEN = Path(__file__).parent / "golden"
IMAGE = "ami-0deb1200000000086"
AWS = Path(sys.executable).parent / "aws"


class SimulatedCloud:
    """The simulator as a process; `stop` ends it, and so does the end of the test. `who` are
    options of setpriv that say as whom it runs."""

    def __init__(self, binary, folder, *flags, environment=None, who=()):
        self.folder = Path(folder)
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig=TERM", *who, binary, "ec2sim", "--json", "--state", folder, *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.about = json.loads(line)
        self.endpoint = self.about["endpoint"]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)
        return self.process.returncode

    def get(self, page):
        with urllib.request.urlopen(f"{self.endpoint}/_sim/{page}", timeout=10) as answer:
            return json.load(answer)

    def post(self, page, body):
        request = urllib.request.Request(f"{self.endpoint}/_sim/{page}", method="POST",
                                         data=json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def script(self, *steps):
        self.post("script", list(steps))

    def metadata(self, instance, path, token=None, method="GET", **headers):
        """(status, text) of a page of an instance's metadata."""
        if token:
            headers["X-aws-ec2-metadata-token"] = token
        request = urllib.request.Request(f"{self.endpoint}/_imds/{instance}/latest/{path}",
                                         method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metadata_token(self, instance):
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        return self.metadata(instance, "api/token", method="PUT", **headers)[1]

    def client(self, service, region="us-east-1", **settings):
        session = botocore.session.Session()
        if service == "cloudwatch":  # of its protocols, the one that is simulated
            model = session.get_component("data_loader").load_service_model(service, "service-2")
            model["metadata"] |= {"protocol": "query", "protocols": ["query"]}
        config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=15,
                                        **settings)
        keys = self.about["environment"]
        return session.create_client(
            service, region_name=region, endpoint_url=self.endpoint, config=config,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"])

    def launch(self, user_data="", **parameters):
        """One instance; its id."""
        asked = {"ImageId": IMAGE, "InstanceType": "c7i.large", "MinCount": 1, "MaxCount": 1,
                 "InstanceInitiatedShutdownBehavior": "terminate", "UserData": user_data}
        answer = self.client("ec2").run_instances(**{**asked, **parameters})
        return answer["Instances"][0]["InstanceId"]

    def instance(self, identity):
        return next(one for one in self.get("resources")["instances"] if one["id"] == identity)

    def wait_for(self, identity, state, seconds=30):
        wait_until(lambda: self.instance(identity)["state"] == state, f"{identity} is {state}",
                   seconds)

    def console(self, identity):
        file = self.folder / "instances" / identity / "console.log"
        return file.read_text() if file.exists() else ""

    def wait_for_console(self, identity, text, seconds=30):
        wait_until(lambda: text in self.console(identity), f"{identity} prints {text}", seconds)


def wait_until(claim, what, seconds=30):
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


# Ids in the order in which they appear get a number; what differs from run to run is blanked.
ID = re.compile(r"\b(eipalloc|fleet|i|vol|eni|sir|snap|lt|r)-0[0-9a-f]{16}\b")
BLANKED = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?(\+00:00| GMT)"), "<time>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<endpoint>"),
    (re.compile(r'"\\?"[0-9a-f]{32}\\?""'), '"<etag>"'),
    (re.compile(r'(?<=")[0-9a-f]{17}(?=")'), "<request>"),
]


class Transcript:
    """What was said and answered; `check` holds it against the golden file."""

    def __init__(self, name):
        self.file = GOLDEN / f"{name}.txt"
        self.text = ""
        self.names = {}

    def scrub(self, text):
        text = ID.sub(lambda match: self.names.setdefault(
            match[0], f"<{match[1]}-{1 + sum(n.startswith('<' + match[1] + '-') for n in self.names.values())}>"), text)
        for pattern, stands_for in BLANKED:
            text = pattern.sub(stands_for, text)
        return text

    def write(self, mark, value):
        text = value if isinstance(value, str) else json.dumps(value, indent=1, default=shown)
        self.text += "".join(f"{mark} {line}\n".rstrip(" ") for line in self.scrub(text).splitlines())

    def say(self, client, operation, **parameters):
        """One call of a botocore client: its answer, or None where it was refused."""
        name = f"{client.meta.service_model.service_name} {operation}"
        self.write(">", f"{name} {json.dumps(parameters, default=shown)}")
        method = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()
        try:
            answer = getattr(client, method)(**parameters)
        except botocore.exceptions.ClientError as error:
            told = error.response["Error"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            self.write("!", f"{told['Code']} ({status}): {told.get('Message', '')}")
            self.text += "\n"
            return None
        answer.pop("ResponseMetadata", None)
        self.write("<", answer)
        self.text += "\n"
        return answer

    def aws(self, cloud, *arguments):
        """One call of the official command line."""
        self.write("$", "aws " + " ".join(arguments).replace(str(cloud.folder), "<folder>"))
        done = subprocess.run([AWS, *arguments], text=True, capture_output=True, timeout=60,
                              env={**os.environ, **cloud.about["environment"], "AWS_PAGER": "",
                                   "AWS_MAX_ATTEMPTS": "1"})
        self.write("<", done.stdout)
        self.write("!", done.stderr.strip())
        self.text += f"[{done.returncode}]\n\n"
        return done.stdout

    def check(self):
        if os.environ.get("MAYFLY_ACCEPT") == "1":
            self.file.parent.mkdir(exist_ok=True)
            self.file.write_text(self.text)
        expected = self.file.read_text() if self.file.exists() else ""
        difference = "\n".join(difflib.unified_diff(expected.split("\n"), self.text.split("\n"),
                                                    lineterm=""))
        assert self.text == expected, (
            f"{self.file.name} differs; MAYFLY_ACCEPT=1 writes it anew\n{difference}")


def shown(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "read"):
        return value.read().decode()
    return str(value)
