"""Our client against moto, an AWS that answers on the loopback address.

Where moto differs from EC2 the test says how: it takes the same token twice for two machines, knows
no capacity and no quota, makes no Spot request for a Spot machine that RunInstances started, and ends
machines at once.
"""

import base64

import boto3
import pytest
from moto.server import ThreadedMotoServer

from own_probe import KEYS, REGION, Probe, Refused, probe_binary

pytestmark = pytest.mark.filterwarnings("default")  # what moto warns of is not ours


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def probe(moto, tmp_path):
    return Probe(probe_binary(), tmp_path, moto)


@pytest.fixture(scope="module")
def boto(moto):
    """boto3's client of a service of this moto, to prepare what our client finds."""
    def client(service):
        return boto3.client(service, region_name=REGION, endpoint_url=moto,
                            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"])
    return client


@pytest.fixture(scope="module", autouse=True)
def prepared(boto):
    """What the probe's machine names."""
    boto("iam").create_instance_profile(InstanceProfileName="mayfly-worker")


@pytest.fixture(scope="module")
def image():
    return "ami-12c6146b"  # one of those that moto has; to list them takes it seconds


@pytest.fixture(scope="module")
def subnet(boto):
    return boto("ec2").describe_subnets()["Subnets"][0]["SubnetId"]


def run(probe, image, subnet, token):
    return probe("run", image, subnet, token)["instances"][0]["id"]


def test_identity(probe):
    assert probe("identity")["account"] == "123456789012"


def test_a_machine_is_run_described_tagged_and_terminated(probe, image, subnet):
    machine = run(probe, image, subnet, "life")
    seen = probe("instances", machine)[0]
    assert seen["state"] in ("pending", "running")
    assert (seen["type"], seen["token"], seen["spot"]) == ("c7i.large", "life", True)
    assert seen["tags"] == {"mayfly:run": "7", "mayfly:owner": 'A & B="x"/ü'}
    probe("tag", machine, "mayfly:purpose=test")
    assert probe("instances", "tag:mayfly:purpose=test")[0]["id"] == machine
    assert probe("status", machine)[0]["id"] == machine
    # EC2 says shutting-down for a while; moto ends it within the call.
    assert probe("terminate", machine)["state"] in ("shutting-down", "terminated")
    # EC2 says so again; moto looks for the interface that it has deleted with the machine.
    with pytest.raises(Refused) as refused:
        probe("terminate", machine)
    assert refused.value.kind == "not_found"
    gone = probe("instances", machine)[0]
    assert (gone["state"], gone["reason"]) == ("terminated", "Client.UserInitiatedShutdown")


def test_the_disk_is_as_asked_and_dies_with_the_machine(probe, image, subnet):
    machine = run(probe, image, subnet, "disk")
    disks = probe("volumes", f"attachment.instance-id={machine}")
    assert [(disk["gib"], disk["type"], disk["encrypted"]) for disk in disks] == [
        (50, "gp3", True)]
    born = probe("instances", machine)[0]["interfaces"]
    assert len(born) == 1
    probe("terminate", machine)
    assert probe("volumes", f"attachment.instance-id={machine}") == []
    # Born with DeleteOnTermination; of machines without it moto leaves the interface in use.
    assert not set(born) & {one["id"] for one in probe("interfaces")}


def test_a_token_twice_is_two_machines_in_moto(probe, image, subnet):
    # In EC2 the second answer names the first machine; ec2sim is there to test that.
    first = run(probe, image, subnet, "twice")
    second = run(probe, image, subnet, "twice")
    assert first != second
    for machine in (first, second):
        probe("terminate", machine)


def test_a_dry_run_is_allowed_and_starts_nothing(probe, image, subnet):
    before = len(probe("instances"))
    assert probe("dry-run", image, subnet, "dry") == {"allowed": True}
    assert len(probe("instances")) == before


def test_a_machine_that_is_not_there_is_not_found(probe):
    with pytest.raises(Refused) as refused:
        probe("terminate", "i-0123456789abcdef0")
    assert refused.value.kind == "not_found"
    assert "InvalidInstanceID.NotFound" in refused.value.message


def test_a_fleet_is_asked_for_and_deleted_with_its_machines(probe, image, subnet):
    template = probe("template", image, subnet, "fleet-1")["id"]
    assert probe("templates", template)[0]["name"] == "mayfly-fleet-1"
    # EC2 would take the pool with the best capacity; moto takes the first.
    answer = probe("fleet", template, "fleet-1", subnet, "c7i.large", "m7i.large")
    assert len(answer["instances"]) == 1 and answer["refusals"] == []
    machine = answer["instances"][0]["id"]
    assert probe("fleets", answer["fleet"])[0]["state"] == "active"
    # A Spot machine of a fleet has its Spot request in moto, one of RunInstances has none.
    requests = [one for one in probe("spot-requests") if one["state"] in ("active", "open")]
    assert requests
    assert probe("cancel-spot", requests[0]["id"]) == {"done": True}
    probe("delete-fleet", answer["fleet"])
    assert probe("instances", machine)[0]["state"] == "terminated"
    probe("delete-template", template)
    assert probe("templates") == []
    with pytest.raises(Refused) as refused:
        probe("delete-template", template)
    assert refused.value.kind == "not_found"


def test_a_machine_of_a_run_is_launched_seen_and_ended(probe, boto, image, subnet):
    """The provider, whose machines the simulated cloud has in all their misfortunes, seen by moto."""
    def ask(what, *more):
        return probe(f"machine-{what}", image, subnet, *more)

    machine = ask("launch", 3)["id"]
    # By its tags it is found, so that moto, which takes a token twice for two machines, sells one.
    assert ask("launch", 3)["id"] == machine
    assert ask("list") == [{"machine": 3, "id": machine, "alive": True,
                            "pool": "c7i.large spot in us-east-1a"}]
    born = boto("ec2").describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]
    tags = {tag["Key"]: tag["Value"] for tag in born["Tags"]}
    assert (tags["mayfly:ledger"], tags["mayfly:run"], tags["team"]) == ("moto", "7", "quants")
    assert born["MetadataOptions"]["HttpTokens"] == "required"
    text = boto("ec2").describe_instance_attribute(InstanceId=machine, Attribute="userData")
    user_data = base64.b64decode(text["UserData"]["Value"]).decode()
    assert "MAYFLY_DATABASE=ssm:/mayfly/moto/run-7/machine-3" in user_data
    assert "canary" not in user_data
    kept = boto("ssm").get_parameter(Name="/mayfly/moto/run-7/machine-3", WithDecryption=True)
    assert kept["Parameter"]["Value"] == "host=db password=canary"
    assert kept["Parameter"]["Type"] == "SecureString"
    # In moto neither interface nor Spot request is tagged at birth.
    assert set(ask("residue")) == {"instance", "volume", "parameter"}
    assert ask("terminate", 3, machine) == {"done": True}
    assert ask("terminate", 3, machine) == {"done": True}
    assert ask("list")[0]["alive"] is False
    assert ask("residue") == []
    assert ask("terminate", 99, "") == {"done": True}


def test_the_market_is_read(probe):
    types = {one["name"]: one for one in probe("types", "c7i.8xlarge", "m7g.large")}
    assert (types["c7i.8xlarge"]["vcpus"], types["c7i.8xlarge"]["memory_mib"]) == (32, 65536)
    assert types["m7g.large"]["architectures"] == ["arm64"]
    assert types["c7i.8xlarge"]["spot"] and types["c7i.8xlarge"]["nitro"]
    zones = {one["name"] for one in probe("zones") if one["available"]}
    assert {one["zone"] for one in probe("offerings", "c7i.8xlarge")} <= zones
    # A stub in moto: one price for all, of the year 2006.
    prices = probe("prices", "c7i.8xlarge")
    assert prices and all(price["micro_usd"] == 10 for price in prices)


def test_the_places_are_read(probe, image, subnet):
    assert probe("images", image)[0]["architecture"] in ("x86_64", "arm64")
    assert probe("subnets", subnet)[0]["free"] > 0
    assert any(group["outbound"] for group in probe("groups"))


def test_all_pages_are_read(probe, boto, subnet):
    group = boto("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ids = {boto("ec2").create_network_interface(SubnetId=subnet, Groups=[group])
           ["NetworkInterface"]["NetworkInterfaceId"] for _ in range(3)}
    assert ids <= {one["id"] for one in probe("interfaces")}


def test_a_snapshot_is_made_and_found_by_its_tag(probe, boto):
    volume = boto("ec2").create_volume(AvailabilityZone=REGION + "a", Size=1)["VolumeId"]
    snapshot = probe("snapshot", volume, "mayfly:run=9")["id"]
    # EC2 takes minutes and says pending; moto has completed it at once.
    found = probe("snapshots", "tag:mayfly:run=9")
    assert found == [{"id": snapshot, "state": "completed", "volume": volume}]


@pytest.mark.parametrize("call", [("scores", "c7i.large"), ("price", "c7i.large", REGION)],
                         ids=lambda call: call[0])
def test_what_moto_does_not_have_is_no_success(probe, call):
    # HTTP 500 in moto for both; in AWS an answer. A fault is repeated, then unavailable.
    with pytest.raises(Refused) as refused:
        probe(*call, PROBE_PATIENCE_S="1")
    assert refused.value.kind == "unavailable"


def test_parameters_and_secrets(probe, boto):
    boto("ssm").put_parameter(Name="/prod/db", Value="postgres://canary", Type="SecureString")
    boto("secretsmanager").create_secret(Name="prod/db", SecretString="canary two")
    assert probe("parameter", "/prod/db")["value"] == "postgres://canary"
    assert probe("secret", "prod/db")["value"] == "canary two"
    newest = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert probe("parameter", newest)["value"].startswith("ami-")
    for call in (("parameter", "/none"), ("secret", "none")):
        with pytest.raises(Refused) as refused:
            probe(*call)
        assert refused.value.kind == "not_found"


def test_quotas_of_vpc_are_there_and_those_of_ec2_are_not(probe):
    assert probe("quota", "vpc", "L-F678F1CE")["value"] == 5
    # moto has the quotas of vpc alone, and no default ones, for which it answers 500.
    with pytest.raises(Refused) as refused:
        probe("quota", "ec2", "L-34B43A08", PROBE_PATIENCE_S="1")
    assert refused.value.kind == "unavailable"


def test_objects_are_whole_or_absent_and_never_overwritten(probe, boto):
    boto("s3").create_bucket(Bucket="bundles")
    key = "run 7/bündle+1.tar.gz"
    probe("put", "bundles", key, "first")
    probe("put", "bundles", key, "first")  # the same bytes again are fine
    with pytest.raises(Refused) as refused:
        probe("put", "bundles", key, "second")
    assert refused.value.kind == "conflict"
    assert probe("get", "bundles", key)["bytes"] == "first"
    assert probe("head", "bundles", key)["bytes"] == 5
    assert probe("list", "bundles", "run 7/") == [{"key": key, "bytes": 5}]
    assert probe("list", "bundles", "run 8/") == []
    with pytest.raises(Refused) as refused:
        probe("get", "bundles", "none")
    assert refused.value.kind == "not_found"


def test_a_large_object_is_put_whole(probe, boto):
    boto("s3").create_bucket(Bucket="large")
    probe("put", "large", "big", "12345678", "400000")
    assert probe("head", "large", "big")["bytes"] == 3_200_000


def test_databases(probe, boto):
    boto("rds").create_db_instance(DBInstanceIdentifier="prod", DBInstanceClass="db.t4g.medium",
                                   Engine="postgres", MasterUsername="u",
                                   MasterUserPassword="a long one", AllocatedStorage=20)
    found = probe("db-instances", "prod")[0]
    assert (found["class"], found["port"]) == ("db.t4g.medium", 5432)
    assert probe("db-clusters") == []
    with pytest.raises(Refused) as refused:
        probe("db-instances", "none")
    assert refused.value.kind == "not_found"


def test_figures_over_time(probe, boto):
    boto("cloudwatch").put_metric_data(Namespace="AWS/RDS", MetricData=[
        {"MetricName": "ServerlessDatabaseCapacity", "Value": value,
         "Timestamp": f"2030-01-01T00:0{minute}:30Z",
         "Dimensions": [{"Name": "DBClusterIdentifier", "Value": "prod"}]}
        for minute, value in ((1, 0.5), (3, 2.5))])
    points = probe("metrics", "AWS/RDS", "ServerlessDatabaseCapacity", "DBClusterIdentifier=prod",
                   "2030-01-01", "2030-01-01T00:10:00Z")
    assert [point["value"] for point in points] == [0.5, 2.5]


def test_schedules(probe, boto):
    role = "arn:aws:iam::123456789012:role/mayfly"
    probe("schedule", "run-7", "2030-01-01T00:00:00Z", role, '{"InstanceIds":["i-1"]}')
    made = boto("scheduler").get_schedule(Name="run-7")
    assert made["ScheduleExpression"] == "at(2030-01-01T00:00:00)"
    assert made["Target"]["Input"] == '{"InstanceIds":["i-1"]}'
    # With the same token EC2's scheduler answers as before; moto refuses the name.
    with pytest.raises(Refused) as refused:
        probe("schedule", "run-7", "2030-01-01T00:00:00Z", role, "{}")
    assert refused.value.kind == "conflict"
    probe("reschedule", "run-7", "2030-01-01T00:02:00Z", role, '{"InstanceIds":["i-2"]}')
    changed = boto("scheduler").get_schedule(Name="run-7")
    assert changed["ScheduleExpression"] == "at(2030-01-01T00:02:00)"
    assert changed["Target"]["Input"] == '{"InstanceIds":["i-2"]}'
    with pytest.raises(Refused) as refused:
        probe("reschedule", "run-8", "2030-01-01T00:00:00Z", role, "{}")
    assert refused.value.kind == "not_found"
    probe("schedule", "run-77", "2030-01-01T00:00:00Z", role, "{}")
    assert sorted(probe("schedules", "run-7")["names"]) == ["run-7", "run-77"]
    assert probe("schedules", "run-77")["names"] == ["run-77"]
    probe("unschedule", "run-7")
    with pytest.raises(Refused) as refused:
        probe("unschedule", "run-7")
    assert refused.value.kind == "not_found"


def test_the_metadata_of_a_machine_are_read_with_a_token(probe, moto):
    settings = {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": moto}
    assert probe("instance-id", **settings)["id"].startswith("i-")


def test_a_role_is_taken_on_by_a_profile(probe, tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(
        "[profile base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = canary\n"
        "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/worker\nsource_profile = base\n")
    found = probe("credentials", AWS_PROFILE="work", AWS_ACCESS_KEY_ID="")
    assert found["id"].startswith("ASIA")
    assert found["source"] == "role arn:aws:iam::123456789012:role/worker"


def test_no_error_and_no_complaint_holds_a_secret(probe, tmp_path):
    canary = "canary-0123456789-secret"
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(
        f"[profile broken]\ncredential_process = sh -c 'echo {canary} >&2; echo {canary}; exit 3'\n"
        f"[profile half]\ncredential_process = echo '{{\"AccessKeyId\": \"{canary}\"}}'\n"
        f"[profile odd]\naws_secret_access_key = {canary}\naws_session_token = {canary}\n"
        f"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
    secrets = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    for profile, call in (("broken", ("identity",)), ("half", ("identity",)),
                          ("odd", ("terminate", "i-none")), ("odd", ("parameter", "/none"))):
        done = probe.process(*call, AWS_PROFILE=profile, **secrets)
        assert done.returncode != 0
        assert canary not in done.stdout + done.stderr, done.stdout
