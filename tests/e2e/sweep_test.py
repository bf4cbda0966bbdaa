"""`mayfly sweep` against the simulated cloud in two regions: leftovers of each kind are planted, ours,
nobody's and another ledger's, around a ledger in which one machine is gone, one works and one starts
slowly. What is found, named and priced; what is reaped; and what is never touched."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT
from own_server import OwnServer

sys.path.insert(0, str(ROOT / "tests/ec2sim"))
from simulated_cloud import IMAGE, SimulatedCloud  # noqa: E402

HOME, AWAY, UNUSED = "us-east-1", "eu-west-1", "eu-central-1"
SPOT = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}
# Run 1 is over and its machine 1 gone; in run 2, machine 2 works and machine 3 is only asked for.
LEDGER = """
insert into mayfly.run (phase, plan_hash, state, verdict, schema_name, reader_schema, writers, readers,
                        keep_runs, approved_at, closed_at, deadline_at)
values ('p', 'a', 'closed', 'pass', 'p__1', 'p', 'w1', 'r1', 2, now(), now() - interval '1 h', now()),
       ('p', 'b', 'running', null, 'p__2', 'p', 'w2', 'r2', 2, now(), null, now() + interval '1 h');
insert into mayfly.plan (run_id, canonical_toml, findings) values (1, {phase}, '{{}}');
insert into mayfly.machine (run_id, token, provider, slots, state, login, external_id, intended_at,
                            launched_at, born_at, heartbeat_at, ending_at, gone_at, deadline_at, region)
values (1, 't1', 'ec2', 1, 'gone', null, 'i-1', now() - interval '3 h', now(), now(), now(),
        now() - interval '2 h', now() - interval '1 h', now(), 'us-east-1'),
       (2, 't2', 'ec2', 1, 'working', 'l2', 'i-2', now() - interval '1 h', now(), now(), now(), null,
        null, now() + interval '1 h', 'us-east-1'),
       (2, 't3', 'ec2', 1, 'intended', 'l3', null, now() - interval '1 h', null, null, null, null,
        null, now() + interval '1 h', 'eu-west-1');
"""
PHASE = """[phase]
name = "p"
deadline = "1h"
budget = "5 USD"
[database]
url = "env:TEAM_DATABASE"
[machines]
provider = "ec2"
[machines.ec2]
region = "us-east-1"
types = ["c7i.large"]
instance_profile = "w"
bucket = "mayfly-simulated"
[grid]
pair = ["eurusd"]
[[stage]]
name = "one"
kind = "sql"
table = "one"
columns = { n = "int4" }
query = "select 1 as n"
"""


@pytest.fixture(scope="module")
def server():
    own = OwnServer()
    yield own
    own.remove()


class Site:
    """A ledger, and a cloud in which things of several owners stand."""

    count = 0

    def __init__(self, mayfly, server, cloud):
        Site.count += 1
        self.name = f"site{Site.count}"
        self.mayfly, self.server, self.cloud = mayfly, server, cloud
        url, _ = server.make_database(self.name)
        mayfly.environment.update(cloud.about["environment"], TEAM_DATABASE=url)
        mayfly.run("status", "--database", "env:TEAM_DATABASE")  # makes the ledger
        self.query(LEDGER.format(phase="%s"), PHASE)
        self.ledger = self.query("select id from mayfly.identity")[0][0]
        cloud.script(*({"do": "delays", "boot": "0s", "shutdown": "0s", "snapshot": "0s",
                        "volume-lingers": "0s", "interface-lingers": "0s", "request-lingers": "0s",
                        "describe-lag": "0s", "tag-lag": "0s", "region": region}
                       for region in (HOME, AWAY, UNUSED)))

    def query(self, text, *values):
        return self.server.query(self.name, text, *values)

    def client(self, service, region=HOME):
        return self.cloud.client(service, region=region)

    def tags(self, run=1, machine=1, ledger=None, **more):
        tags = {"mayfly:ledger": ledger or self.ledger, "mayfly:run": str(run), "Name": "mayfly p"}
        if machine:
            tags["mayfly:machine"] = str(machine)
        return [{"Key": key, "Value": value} for key, value in {**tags, **more}.items()]

    def sweep(self, *flags, window="1s"):
        """(exit code, what it found)."""
        done = self.mayfly.run("sweep", "--json", "--database", "env:TEAM_DATABASE", "--window", window,
                               *flags, timeout=120)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def resources(self, region=HOME):
        return self.cloud.get(f"resources?region={region}")


@pytest.fixture
def cloud(mayfly_bin, short_tmp):
    simulated = SimulatedCloud(mayfly_bin, short_tmp / "cloud")
    yield simulated
    assert simulated.stop() == 0


@pytest.fixture
def site(mayfly, server, cloud):
    return Site(mayfly, server, cloud)


def tagging(kinds, tags):
    return [{"ResourceType": kind, "Tags": tags} for kind in kinds]


def launch(site, region, tags=None, **parameters):
    ec2 = site.client("ec2", region)
    asked = {"ImageId": IMAGE, "InstanceType": "c7i.large", "MinCount": 1, "MaxCount": 1,
             "InstanceInitiatedShutdownBehavior": "terminate",
             "UserData": "#!/bin/sh\nexec sleep 1000\n"}
    if tags:
        asked["TagSpecifications"] = tagging(
            ("instance", "volume", "network-interface", "spot-instances-request"), tags)
    made = ec2.run_instances(**{**asked, **parameters})["Instances"][0]["InstanceId"]
    wait_for(lambda: state(ec2, made) == "running")
    return made


def state(ec2, instance):
    found = ec2.describe_instances(InstanceIds=[instance])
    return found["Reservations"][0]["Instances"][0]["State"]["Name"]


def wait_for(claim):
    end = time.monotonic() + 30
    while not claim():
        assert time.monotonic() < end
        time.sleep(0.05)


def volume(ec2, region, size, tags=None, kind="gp3"):
    more = {"TagSpecifications": tagging(["volume"], tags)} if tags else {}
    return ec2.create_volume(AvailabilityZone=region + "a", Size=size, VolumeType=kind, **more)["VolumeId"]


def snapshot(site, region, tags=None):
    """Of a volume of its own, since a volume takes one every 15 s; the volume goes again."""
    ec2 = site.client("ec2", region)
    of = volume(ec2, region, 50)
    more = {"TagSpecifications": tagging(["snapshot"], tags)} if tags else {}
    made = ec2.create_snapshot(VolumeId=of, **more)["SnapshotId"]
    ec2.delete_volume(VolumeId=of)
    return made


def plant(site, region, tags, name):
    """One leftover of each kind that a region can have, with these tags or with none: id by kind."""
    ec2 = site.client("ec2", region)
    made = {"volume": volume(ec2, region, 100, tags), "snapshot": snapshot(site, region, tags)}
    of = (lambda kind: {"TagSpecifications": tagging([kind], tags)}) if tags else (lambda kind: {})
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    made["network interface"] = ec2.create_network_interface(
        SubnetId=subnet, **of("network-interface"))["NetworkInterface"]["NetworkInterfaceId"]
    made["address"] = ec2.allocate_address(Domain="vpc", **of("elastic-ip"))["AllocationId"]
    made["security group"] = ec2.create_security_group(
        GroupName=name, Description="of a run", **of("security-group"))["GroupId"]
    made["launch template"] = ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "c7i.large"},
        **of("launch-template"))["LaunchTemplate"]["LaunchTemplateId"]
    return made


def plant_schedule(site, region, name):
    site.client("scheduler", region).create_schedule(
        Name=name, ScheduleExpression="at(2099-01-01T00:00:00)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances",
                "RoleArn": "arn:aws:iam::111122223333:role/end", "Input": '{"InstanceIds": ["i-1"]}'})
    return name


def plant_upload(site, key):
    s3 = site.client("s3")
    made = s3.create_multipart_upload(Bucket="mayfly-simulated", Key=key)["UploadId"]
    s3.upload_part(Bucket="mayfly-simulated", Key=key, UploadId=made, PartNumber=1, Body=b"part")
    return f"mayfly-simulated {key} {made}"


def plant_floor(site, region, name, run, ledger=None, before="0.5", raised="4"):
    site.cloud.script({"do": "cluster", "name": name, "least": 4, "most": 16, "region": region,
                       "tags": [f"mayfly:ledger={ledger or site.ledger}", f"mayfly:run={run}",
                                f"mayfly:floor-before={before}", f"mayfly:floor-raised={raised}"]})
    return name


def plant_ours(site):
    """Of each kind, what no run needs: ids by kind, in two regions."""
    tags = site.tags()
    made = {}
    for region in (HOME, AWAY):
        for kind, identity in plant(site, region, tags, "left").items():
            made.setdefault(kind, []).append(identity)
    made["instance"] = [launch(site, HOME, tags, InstanceMarketOptions=SPOT), launch(site, AWAY, tags)]
    stopped = launch(site, AWAY, tags)
    site.client("ec2", AWAY).stop_instances(InstanceIds=[stopped])
    made["instance"].append(stopped)
    made["snapshot"].append(snapshot(site, HOME, site.tags(2, None, **{"mayfly:expires": "2020-01-01T00:00:00Z"})))
    made["fleet"] = [plant_fleet(site, tags)]
    made["schedule"] = [plant_schedule(site, AWAY, f"mayfly-{site.ledger}-run-1-machine-1")]
    made["raised floor"] = [plant_floor(site, AWAY, "warehouse", run=1)]
    parameter = f"/mayfly/{site.ledger}/run-1/machine-1"
    site.client("ssm").put_parameter(Name=parameter, Value="x", Type="SecureString")
    made["parameter"] = [parameter]
    return made


def plant_fleet(site, tags):
    """One whose machine ended and which was not deleted: EC2 lists it only by its id."""
    ec2 = site.client("ec2")
    template = ec2.create_launch_template(
        LaunchTemplateName="of-a-fleet", LaunchTemplateData={
            "ImageId": IMAGE, "InstanceType": "c7i.large",
            "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]})["LaunchTemplate"]
    fleet = ec2.create_fleet(
        Type="instant", TargetCapacitySpecification={"TotalTargetCapacity": 1,
                                                     "DefaultTargetCapacityType": "spot"},
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": {
            "LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"}}],
        TagSpecifications=tagging(["fleet"], tags))
    ec2.terminate_instances(InstanceIds=fleet["Instances"][0]["InstanceIds"])
    ec2.delete_launch_template(LaunchTemplateId=template["LaunchTemplateId"])
    return fleet["FleetId"]


def plant_protected(site):
    """What must never be touched: ids by what they are."""
    other = site.tags(ledger="another0ledger")
    made = plant(site, HOME, other, "theirs")
    made["their machine, a namesake of ours"] = launch(site, HOME, other)
    made["a machine at work"] = launch(site, HOME, site.tags(2, 2))
    made["a slow starter"] = launch(site, AWAY, site.tags(2, 3))
    made["somebody's machine"] = launch(site, AWAY)
    made["a snapshot before its day"] = snapshot(
        site, HOME, site.tags(1, None, **{"mayfly:expires": "2099-01-01T00:00:00Z"}))
    made["their schedule"] = plant_schedule(site, HOME, "mayfly-another0ledger-run-1-machine-1")
    made["a schedule of a slow starter"] = plant_schedule(
        site, AWAY, f"mayfly-{site.ledger}-run-2-machine-3")
    made["their floor"] = plant_floor(site, AWAY, "theirs", run=1, ledger="another0ledger")
    made["the floor of a run at work"] = plant_floor(site, AWAY, "at-work", run=2)
    return made


def alive(site):
    """The ids of everything that is there, in all regions."""
    ids = set()
    for region in (HOME, AWAY, UNUSED):
        found = site.resources(region)
        ids |= {one["id"] for one in found["instances"] if one["state"] != "terminated"}
        for kind in ("volumes", "interfaces", "snapshots", "groups", "launch_templates", "fleets", "addresses"):
            ids |= {one["id"] for one in found[kind] if one.get("deleted") is None}
        ids |= {one["name"] for one in found["schedules"] if one["deleted"] is None}
        ids |= {one["name"] for one in found["clusters"] if "mayfly:floor-before" in one["tags"]}
        ids |= set(found["parameters"])
        ids |= {f"{one['bucket']} {one['key']} {one['id']}" for one in found["uploads"]}
        addresses = site.client("ec2", region).describe_addresses()["Addresses"]
        ids |= {one["AllocationId"] for one in addresses}
    return ids


def test_leftovers_of_each_kind_in_two_regions_are_found_named_and_priced(site):
    ours, protected = plant_ours(site), plant_protected(site)
    old_disk = volume(site.client("ec2"), HOME, 500, site.tags(), kind="gp2")
    nobodys = plant(site, AWAY, None, "nobodys")
    upload = plant_upload(site, "mayfly/somebody.tar")
    stopped = launch(site, HOME)
    site.client("ec2").stop_instances(InstanceIds=[stopped])
    code, found = site.sweep(window="1ms")  # so that nothing is too young
    assert code == 8
    by_id = {thing["id"]: thing for thing in found["things"]}
    for kind, identities in ours.items():
        for identity in identities:
            thing = by_id[identity]
            assert (thing["kind"], thing["whose"], thing["left"]) == (kind, "ours", True), thing
            assert thing["why"] and thing["next"] and thing["monthly_micro_usd"] is not None, thing
    assert {thing["place"] for thing in found["things"] if thing["left"]} == {HOME, AWAY}
    price = lambda identity: by_id[identity]["monthly_micro_usd"]  # noqa: E731
    assert price(ours["volume"][0]) == price(nobodys["volume"]) == 8_000_000
    assert price(ours["address"][0]) == 3_650_000 and price(ours["snapshot"][0]) == 2_500_000
    at_most = {kind: by_id[ours[kind][0]]["monthly_is_at_most"] for kind in ("snapshot", "volume")}
    assert at_most == {"snapshot": True, "volume": False}
    assert price(old_disk) is None, "and not that of another type"
    assert price(ours["raised floor"][0]) == round(3.5 * 0.12 * 730e6)
    assert price(ours["instance"][1]) == 65_152_500  # 0.08925 USD/h, as Pricing lists it
    assert by_id[nobodys["volume"]]["at_another_regions_prices"]
    for identity in (nobodys["volume"], nobodys["address"], upload, stopped):
        thing = by_id[identity]
        assert (thing["whose"], thing["left"], thing["action"]) == ("nobody's", False, "judge"), thing
    assert nobodys["snapshot"] not in by_id, "a snapshot of today may be somebody's backup"
    for name, identity in protected.items():
        thing = by_id.get(identity, {"left": False, "action": "none"})
        assert not thing["left"] and thing["action"] == "none", (name, thing)
    assert found["missing"] == [] and found["unasked"] == []


def test_only_what_is_ours_and_unused_is_reaped(site):
    ours, protected = plant_ours(site), plant_protected(site)
    held = plant_held(site)
    nobodys = plant(site, AWAY, None, "nobodys")
    before = alive(site)
    code, found = site.sweep("--reap")
    left = alive(site)
    gone = {identity for identities in ours.values() for identity in identities}
    assert gone <= before
    assert not gone & left, found
    spared = {*protected.values(), *held.values(), *nobodys.values()}
    assert spared <= left, spared - left
    left = {thing["id"]: thing for thing in found["things"] if thing["left"]}
    assert code == 8 and set(left) == set(held.values()) - {held["its user"]}, found
    assert {thing["action"] for thing in left.values()} == {"judge"}
    assert all("uses it" in left[held[one]]["next"] for one in ("group", "snapshot"))
    assert "says 'never', which is no date" in left[held["kept for good"]]["why"]
    assert "somebody else has set it since" in left[held["set since"]]["why"]
    assert "says 'half', which is no capacity" in left[held["nobody knows"]]["why"]
    at_least = {one["name"]: one["least"] for one in site.resources(AWAY)["clusters"]}
    assert at_least["set-since"] == at_least["garbled"] == 4
    [cluster] = [one for one in site.resources(AWAY)["clusters"] if one["name"] == "warehouse"]
    assert cluster["least"] == 0.5 and cluster["tags"] == {}


def plant_held(site):
    """Ours and of no run, and yet in use, or not as we left it."""
    ec2 = site.client("ec2")
    group = ec2.create_security_group(GroupName="held", Description="x", TagSpecifications=tagging(
        ["security-group"], site.tags()))["GroupId"]
    user = launch(site, HOME, SecurityGroupIds=[group])
    expired = snapshot(site, HOME, site.tags(1, None, **{"mayfly:expires": "2020-01-01T00:00:00Z"}))
    ec2.register_image(Name="golden", RootDeviceName="/dev/xvda", BlockDeviceMappings=[
        {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": expired}}])
    never = snapshot(site, HOME, site.tags(1, None, **{"mayfly:expires": "never"}))
    return {"group": group, "its user": user, "snapshot": expired, "kept for good": never,
            "set since": plant_floor(site, AWAY, "set-since", run=1, raised="8"),
            "nobody knows": plant_floor(site, AWAY, "garbled", run=1, before="half")}


def test_what_the_ledger_never_knew_goes_only_by_an_explicit_word(site):
    """A restored copy of a ledger carries its identity: what the other launched since is not its to end."""
    site.query("update mayfly.machine set heartbeat_at = now()")
    unknown = volume(site.client("ec2"), HOME, 10, site.tags(7, 70))
    schedule = plant_schedule(site, HOME, f"mayfly-{site.ledger}-run-7-machine-70")
    code, found = site.sweep("--reap", window="1ms")
    left = {thing["id"]: thing for thing in found["things"] if thing["left"]}
    assert code == 8 and {unknown, schedule} <= set(left) and {unknown, schedule} <= alive(site)
    assert "the ledger knows no machine 70" in left[unknown]["why"]
    assert "--reap-unknown" in left[unknown]["next"] and left[unknown]["action"] == "judge"
    site.query("update mayfly.identity set id = default")  # a copy with an identity of its own
    theirs = {thing["id"]: thing["whose"] for thing in site.sweep("--reap-unknown", window="1ms")[1]["things"]}
    assert theirs[unknown] == "another ledger's" and {unknown, schedule} <= alive(site)
    site.query("update mayfly.identity set id = %s", site.ledger)
    site.sweep("--reap-unknown", window="10ms")
    assert not {unknown, schedule} & alive(site)


def test_reaping_ends_with_the_proof_and_the_exit_code_says_so(site):
    site.query("update mayfly.machine set heartbeat_at = now()")
    launch(site, HOME, site.tags(2, 2))
    launch(site, AWAY, site.tags(2, 3))
    # In a region that the ledger never named, found by its tag.
    ec2 = site.client("ec2", UNUSED)
    orphan = volume(ec2, UNUSED, 10, site.tags())
    code, found = site.sweep()
    assert code == 8 and [thing["id"] for thing in found["things"] if thing["left"]] == [orphan]
    code, found = site.sweep("--reap")
    assert code == 0 and found["proved"] and found["unasked"] == []
    assert orphan not in alive(site)
    assert found["asked_by_tag_only"] == [UNUSED]
    code, found = site.sweep()
    assert code == 0 and found["passes"] == 2


def test_what_a_pass_marked_another_command_removes_unless_it_is_needed_by_then(site):
    ec2 = site.client("ec2")
    needed = volume(ec2, HOME, 10, site.tags(2, 4))
    left = volume(ec2, HOME, 10, site.tags())
    marked = [{"Key": "mayfly:orphan", "Value": "2020-01-01T00:00:00Z"}]
    ec2.create_tags(Resources=[needed, left], Tags=marked)
    site.query("""insert into mayfly.machine (run_id, token, provider, slots, login, deadline_at, region)
                  values (2, 't4', 'ec2', 1, 'l4', now() + interval '1 h', 'us-east-1')""")
    site.sweep("--reap")
    assert left not in alive(site)
    [shown] = ec2.describe_volumes(VolumeIds=[needed])["Volumes"]
    assert "mayfly:orphan" not in {tag["Key"] for tag in shown["Tags"]}


def test_a_region_that_does_not_answer_is_not_an_empty_one(site):
    site.cloud.script({"do": "calls", "action": "DescribeVolumes", "code": "UnauthorizedOperation",
                       "region": AWAY})
    launch(site, HOME, site.tags(2, 2))
    code, found = site.sweep()
    assert code == 5 and not found["proved"]
    assert [(one["place"], "UnauthorizedOperation" in one["why"]) for one in found["unasked"]] == [(AWAY, True)]


def test_a_machine_that_is_nowhere_is_told_and_a_namesake_does_not_hide_it(site):
    """Appendix 11: an id file that named somebody else's instance; a terminated namesake."""
    somebodys = launch(site, HOME)
    site.query("update mayfly.machine set external_id = %s where id = 2", somebodys)
    site.query("update mayfly.machine set heartbeat_at = now() - interval '1 h' where id = 2")
    site.query("update mayfly.machine set intended_at = now() where id = 3")
    namesake = launch(site, HOME, site.tags(2, 2))
    site.client("ec2").terminate_instances(InstanceIds=[namesake])
    code, found = site.sweep("--reap", window="60s")  # machine 3 is younger
    assert code == 8
    [missing] = found["missing"]
    assert missing["machine"] == 2 and "nowhere in the cloud" in missing["why"]
    assert f"{somebodys}, which the ledger calls it by, is somebody's instance" in missing["why"]
    assert somebodys in alive(site)
    # A terminated namesake beside the machine itself hides nothing either.
    launch(site, HOME, site.tags(2, 2))
    assert 2 not in {one["machine"] for one in site.sweep()[1]["missing"]}


def test_a_ledger_that_never_rented_anything_asks_no_cloud(mayfly, server):
    url, _ = server.make_database("never")
    mayfly.environment.update(TEAM_DATABASE=url, AWS_EC2_METADATA_DISABLED="true", HOME=str(mayfly.folder))
    done = mayfly.run("sweep", "--json", "--database", "env:TEAM_DATABASE", "--window", "1ms")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["proved"] and found["passes"] == 2 and found["places"] == ["here"]
    assert "region" in found["cloud_not_asked"]
    mayfly.environment.update(AWS_REGION=HOME)
    done = mayfly.run("sweep", "--database", "env:TEAM_DATABASE", "--window", "1ms")
    assert done.returncode == 0, done.stderr
    assert "no cloud was asked: no AWS credentials" in done.stdout
    assert "nothing of ours is left here" in done.stdout


@pytest.fixture
def local_ledger(mayfly, server, cloud):
    """The identity of a ledger that rents nothing, where somebody is signed in to AWS."""
    Site.count += 1
    url, _ = server.make_database(f"local{Site.count}")
    mayfly.environment.update(cloud.about["environment"], TEAM_DATABASE=url)
    mayfly.run("status", "--database", "env:TEAM_DATABASE")  # makes the ledger
    [[ledger]] = server.query(f"local{Site.count}", "select id from mayfly.identity")
    return ledger


def sweep_locally(mayfly, *flags):
    done = mayfly.run("sweep", "--json", "--database", "env:TEAM_DATABASE", "--window", "10ms", *flags,
                      timeout=120)
    return done.returncode, json.loads(done.stdout)


def test_a_ledger_that_never_rented_anything_finds_what_a_resize_left_to_it(mayfly, cloud, local_ledger):
    ec2 = cloud.client("ec2", region=HOME)
    kept = ec2.create_snapshot(VolumeId=volume(ec2, HOME, 50), TagSpecifications=tagging(["snapshot"], [
        {"Key": "mayfly:ledger", "Value": local_ledger},
        {"Key": "mayfly:expires", "Value": "2020-01-01T00:00:00Z"}]))["SnapshotId"]
    code, found = sweep_locally(mayfly, "--reap")
    assert code == 0 and found["cloud_not_asked"] is None, found
    [shown] = [one for one in cloud.get(f"resources?region={HOME}")["snapshots"] if one["id"] == kept]
    assert shown["deleted"] is not None
    cloud.script({"do": "calls", "action": "DescribeRegions", "code": "UnauthorizedOperation"})
    code, found = sweep_locally(mayfly)
    assert code == 0 and "UnauthorizedOperation" in found["cloud_not_asked"], found


def test_a_cloud_that_is_silent_for_a_ledger_that_never_rented_proves_nothing(
        mayfly, cloud, local_ledger, is_full):
    if not is_full:
        pytest.skip("./dev test --all: AWS is asked again for half a minute")
    cloud.script({"do": "calls", "action": "DescribeRegions", "code": "ServiceUnavailable", "status": 503})
    code, found = sweep_locally(mayfly)
    assert code == 5 and [one["place"] for one in found["unasked"]] == ["AWS"], found


def test_a_folder_of_a_local_machine_is_reaped_where_the_ledger_knows_its_process(site):
    site.query("""update mayfly.machine set provider = 'local', region = '', external_id = '99-1'
                  where id = 1""")
    for number, process in ((1, "99-1"), (9, "98-1")):
        folder = site.mayfly.folder / f".mayfly/machines/run-1/machine-{number}"
        folder.mkdir(parents=True)
        (folder / "launch.json").write_text(json.dumps({"id": process, "boot": "x", "token": "t"}))
    ours, theirs = (site.mayfly.folder / f".mayfly/machines/run-1/machine-{n}" for n in (1, 9))
    code, found = site.sweep()
    assert code == 8 and [thing["id"] for thing in found["things"] if thing["left"]] == [str(ours)]
    site.sweep("--reap")
    assert not ours.exists() and theirs.exists()


def test_a_process_whose_folder_is_gone_is_ended_where_the_ledger_knows_it(site):
    scratch = site.mayfly.folder.resolve() / ".mayfly/machines/run-1/machine-1"
    start = lambda folder: subprocess.Popen(["sleep", "1000"], env={"MAYFLY_SCRATCH": str(folder)})  # noqa: E731
    ours, theirs = start(scratch), start(scratch.with_name("machine-9"))
    try:
        ticks = Path(f"/proc/{ours.pid}/stat").read_text().rpartition(")")[2].split()[19]
        site.query("update mayfly.machine set provider = 'local', region = '', external_id = %s where id = 1",
                   f"{ours.pid}:{ticks}")
        _, found = site.sweep(window="1ms")
        [left] = [thing for thing in found["things"] if thing["left"]]
        assert left["id"] == str(scratch) and left["state"] == "running"
        site.sweep("--reap")
        assert ours.wait(timeout=10) == -9 and theirs.poll() is None
    finally:
        for process in (ours, theirs):
            process.kill()
            process.wait()


def test_people_read_a_table_with_what_to_do(site):
    ec2 = site.client("ec2")
    ours, nobodys = volume(ec2, HOME, 100, site.tags()), volume(ec2, HOME, 20)
    done = site.mayfly.run("sweep", "--database", "env:TEAM_DATABASE", "--window", "1ms")
    assert done.returncode == 8
    [line] = [line for line in done.stdout.splitlines() if ours in line]
    for word in (HOME, "volume", "100 GB gp3, available", "ours", "8.00 USD",
                 "machine 1 of run 1 is gone in the ledger", "`mayfly sweep --reap`"):
        assert word in line, line
    [line] = [line for line in done.stdout.splitlines() if nobodys in line]
    assert "nobody's" in line and "1.60 USD" in line and "remove it yourself" in line
    assert "ours, and left: 8.00 USD a month" in done.stdout
    assert "nobody's, for you to judge: 1.60 USD a month" in done.stdout
    assert "1 thing of ours is left" in done.stdout
