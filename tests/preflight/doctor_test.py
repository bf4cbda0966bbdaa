"""What `mayfly doctor --provider ec2` says of a cloud in which something is missing."""

import re

import pytest

from simulated_cloud import Transcript

SPOT, ON_DEMAND = "L-34B43A08", "L-1216C47A"
USER_DATA = "#!/bin/sh\nsleep 300\n"


@pytest.fixture
def transcript(request):
    transcript = Transcript(request.node.name.removeprefix("test_"))
    transcript.file = request.path.parent / "golden" / transcript.file.name
    yield transcript
    transcript.check()


def show(transcript, asking, why, *sets):
    """The screen, under the line that says what is the matter."""
    code, text = asking.screen(*sets)
    transcript.write("#", why)
    # Whoever else is connected to a server, such as its own workers, comes and goes.
    transcript.write("", re.sub(r"\d+ of 100 connections free", "<most> of 100 connections free", text))
    transcript.text += f"[{code}]\n\n"


def test_the_screen(asking, transcript):
    asking.cloud.script({"do": "price", "type": "c7i.8xlarge", "usd": "0.42"},
                        {"do": "price", "type": "c7i.4xlarge", "usd": "0.21"})
    show(transcript, asking, "everything is there")
    asking.cloud.script({"do": "quota", "code": SPOT, "value": 0})
    show(transcript, asking, "a new account: no Spot quota, and no other market",
         "machines.count=2", "machines.max_price=0.10 USD/h")
    show(transcript, asking, "the same, where On-Demand is allowed",
         'machines.ec2.on_demand="after-spot"')


def fails(asking, what, *said, sets=(), verdict="fail"):
    code, lines = asking.lines(*sets)
    line = lines[what]
    told = line["found"] + " | " + line["next_step"]
    assert line["verdict"] == verdict, told
    assert code == 6 and not line["ok"], told
    for word in said:
        assert word in told, told
    return lines


def passes(asking, what, *said, sets=()):
    _, lines = asking.lines(*sets)
    assert lines[what]["verdict"] == "pass", lines[what]
    for word in said:
        assert word in lines[what]["found"], lines[what]
    return lines


def test_a_whole_cloud_passes_and_nothing_is_made_or_left(asking, server):
    code, lines = asking.lines()
    assert code == 0, [line for line in lines.values() if not line["ok"]]
    assert {line["verdict"] for line in lines.values()} == {"pass"}
    made = asking.cloud.get("resources")
    assert all(not things for things in made.values() if isinstance(things, list)), made
    objects = asking.cloud.client("s3", s3={"addressing_style": "path"}).list_objects_v2(
        Bucket="mayfly-simulated")
    assert objects["KeyCount"] == 0
    assert server.query("asked", "select nspname from pg_namespace where nspname = 'mayfly'") == []


def test_it_asks_nothing_where_there_is_no_terminal_and_shows_no_secret(asking):
    keys = asking.cloud.about["environment"]
    _, text = asking.screen()  # stdin is closed: a question would end it
    assert keys["AWS_SECRET_ACCESS_KEY"] not in text
    assert "asked:" not in text and "\x1b" not in text


# --- Quota -------------------------------------------------------------------------------------


def test_a_quota_that_is_used_up_fails_with_its_figures_and_its_link(asking):
    asking.cloud.script({"do": "quota", "code": SPOT, "value": 34})
    passes(asking, "quota spot", "0 of 34 vCPU used", "c7i.8xlarge fits")
    asking.cloud.launch(USER_DATA, InstanceMarketOptions={"MarketType": "spot"},
                        InstanceType="c7i.2xlarge")
    passes(asking, "quota spot", "8 of 34", "c7i.4xlarge fits, a smaller type of the phase")
    asking.cloud.launch(USER_DATA, InstanceMarketOptions={"MarketType": "spot"},
                        InstanceType="c7i.4xlarge")
    fails(asking, "quota spot", "24 of 34", "the least that the phase allows is 16", SPOT,
          f"https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/{SPOT}",
          "no request for more is open")


def test_of_several_machines_it_says_how_many_fit(asking):
    passes(asking, "quota spot", "2 of 3 c7i.8xlarge fit", sets=["machines.count=3"])


def test_on_demand_machines_do_not_use_the_spot_quota(asking):
    asking.cloud.launch(USER_DATA, InstanceType="c7i.8xlarge")
    passes(asking, "quota spot", "0 of 64")
    passes(asking, "quota on-demand", "32 of 64", sets=['machines.ec2.on_demand="only"'])


def test_a_spot_request_that_lingers_counts(asking):
    asking.cloud.script({"do": "delays", "request-lingers": "1h", "shutdown": "0s"})
    one = asking.cloud.launch(USER_DATA, InstanceMarketOptions={"MarketType": "spot"},
                              InstanceType="c7i.2xlarge")
    asking.cloud.client("ec2").terminate_instances(InstanceIds=[one])
    asking.cloud.wait_for(one, "terminated")
    passes(asking, "quota spot", "8 of 64")


@pytest.mark.parametrize("states, applied, said", [
    (["CASE_CLOSED"], True, "CASE_CLOSED: decided by hand, and the limit is 0"),
    (["NOT_APPROVED"], True, "NOT_APPROVED: nothing more comes of it"),
    (["DENIED"], True, "DENIED: nothing more comes of it"),
    (["CASE_OPENED"], True, "CASE_OPENED: a person at AWS looks at it"),
    (["PENDING"], True, "PENDING: AWS has not looked yet"),
    (["APPROVED"], False, "APPROVED but not in force yet"),
])
def test_every_state_of_a_request_for_more_is_told_and_none_counts_as_quota(
        asking, states, applied, said):
    asking.cloud.script({"do": "quota", "code": SPOT, "value": 0},
                        {"do": "quota-requests", "states": states, "applied": applied, "step": "1h"})
    asking.cloud.client("service-quotas").request_service_quota_increase(
        ServiceCode="ec2", QuotaCode=SPOT, DesiredValue=64)
    fails(asking, "quota spot", "a request for 64 is", said)


def test_a_quota_that_may_not_be_read_cannot_be_told_and_is_no_zero(asking):
    asking.cloud.script({"do": "calls", "action": "GetServiceQuota", "code": "AccessDeniedException"})
    lines = fails(asking, "quota spot", "AccessDeniedException", "mayfly iam-policy controller",
                  verdict="cannot tell")
    assert lines["identity"]["verdict"] == "pass"


# --- What is asked for -------------------------------------------------------------------------


def test_a_type_that_no_zone_offers_fails(asking):
    asking.cloud.script({"do": "capacity", "type": "c7i.*", "left": 0, "code": "Unsupported"})
    fails(asking, "offers", "c7i.8xlarge nowhere")


def test_a_type_that_only_some_zones_offer_passes_and_they_are_named(asking):
    for zone in "bcd":
        asking.cloud.script({"do": "capacity", "type": "c7i.8xlarge", "zone": f"us-east-1{zone}",
                             "left": 0, "code": "Unsupported"})
    passes(asking, "offers", "c7i.8xlarge in us-east-1a;")


def test_types_that_do_not_exist_or_do_not_fit_fail(asking):
    fails(asking, "types", "c7i.gigantic", sets=['machines.ec2.types=["c7i.gigantic"]'])
    fails(asking, "types", "c7g.large is arm64", sets=['machines.ec2.types=["c7g.large"]'])


def test_an_image_that_is_not_there_fails(asking):
    fails(asking, "image", "ami-00000000000000000",
          sets=['machines.ec2.image="ami-00000000000000000"'])
    fails(asking, "image", "/images/none", sets=['machines.ec2.image="ssm:/images/none"'])


def test_an_image_of_another_architecture_fails(asking):
    fails(asking, "image", "arm64", sets=['machines.ec2.image="ami-0deb1200000000064"'])


def test_an_image_is_known_by_its_parameter_too(asking):
    asking.cloud.script({"do": "parameter", "name": "/images/ours", "value": "ami-0deb1200000000086"})
    lines = passes(asking, "image", "ami-0deb1200000000086", sets=['machines.ec2.image="ssm:/images/ours"'])
    assert "Debian 12 has glibc 2.36" in lines["C library"]["found"]


def test_subnets_and_groups_that_are_not_there_fail(asking):
    lines = fails(asking, "subnets", "subnet-00000000000000000",
                  sets=['machines.ec2.subnets=["subnet-00000000000000000"]'])
    assert lines["permission spot"]["verdict"] == "cannot tell"
    fails(asking, "security groups", "sg-00000000000000000",
          sets=['machines.ec2.security_groups=["sg-00000000000000000"]'])
    fails(asking, "subnets", "us-east-1f", sets=['machines.ec2.zones=["us-east-1f"]'])


def test_a_bucket_that_is_not_there_or_not_ours_fails(asking):
    fails(asking, "bucket", "nobodys-bucket", "aws s3 mb s3://nobodys-bucket",
          sets=['machines.ec2.bucket="nobodys-bucket"'])
    for action in ("HeadBucket", "PutObject"):
        asking.cloud.script({"do": "clear"},
                            {"do": "calls", "action": action, "code": "AccessDenied"})
        code, lines = asking.lines()
        assert code == 6 and lines["bucket"]["verdict"] != "pass", lines["bucket"]
        assert "--bucket mayfly-simulated" in lines["bucket"]["next_step"]


# --- What we may -------------------------------------------------------------------------------


def test_a_dry_run_that_is_denied_fails(asking):
    asking.cloud.script({"do": "calls", "action": "RunInstances", "code": "UnauthorizedOperation",
                         "message": "not authorized to perform: iam:PassRole on resource: role/w"})
    fails(asking, "permission spot", "UnauthorizedOperation", "allow iam:PassRole")


def test_a_profile_that_does_not_exist_fails(asking):
    asking.cloud.script({"do": "calls", "action": "RunInstances", "code": "InvalidParameterValue",
                         "message": "Value (w) for parameter iamInstanceProfile.name is invalid. "
                                    "Invalid IAM Instance Profile name"})
    fails(asking, "permission spot", "make the instance profile", verdict="cannot tell")


def test_fleets_that_are_denied_fail(asking):
    asking.cloud.script({"do": "calls", "action": "CreateFleet", "code": "UnauthorizedOperation"})
    fails(asking, "permission fleets", "CreateFleet", "mayfly iam-policy controller")


def test_ending_is_tried_on_a_machine_of_ours_or_not_at_all(asking):
    asking.cloud.script({"do": "calls", "action": "TerminateInstances", "code": "UnauthorizedOperation"})
    code, lines = asking.lines()
    assert code == 0 and lines["permission end"]["verdict"] == "cannot tell"
    assert "ends itself at its deadline" in lines["permission end"]["excuse"]
    ours = asking.cloud.launch(USER_DATA, TagSpecifications=[
        {"ResourceType": "instance", "Tags": [{"Key": "mayfly:ledger", "Value": "asked-for"}]}])
    asking.cloud.wait_for(ours, "running")
    fails(asking, "permission end", "UnauthorizedOperation")


def test_without_a_role_there_is_no_last_end_and_nothing_waits_for_one(asking):
    phase = asking.mayfly.folder / "phase.toml"
    phase.write_text(phase.read_text().replace('scheduler_role = "mayfly-end"\n', ""))
    code, lines = asking.lines()
    assert code == 0 and lines["last end"]["verdict"] == "cannot tell"
    assert "scheduler_role" in lines["last end"]["found"] and lines["last end"]["excuse"]
    assert not [call for call in asking.cloud.get("calls")["calls"] if "Schedule" in call["action"]]


def test_schedules_that_may_not_be_listed_are_in_the_way_since_nothing_could_be_proved(asking):
    asking.cloud.script({"do": "calls", "action": "ListSchedules", "code": "AccessDeniedException",
                         "status": 403})
    fails(asking, "last end", "AccessDenied", "iam-policy controller", verdict="cannot tell")


# --- Who we are --------------------------------------------------------------------------------


def test_keys_that_are_expired_stop_everything_at_once(asking):
    asking.cloud.script({"do": "calls", "action": "GetCallerIdentity", "code": "ExpiredToken"})
    code, lines = asking.lines()
    assert code == 6 and list(lines) == ["identity", "everything else"]
    assert lines["identity"]["verdict"] == "fail" and "ExpiredToken" in lines["identity"]["found"]
    asked = {call["action"] for call in asking.cloud.get("calls")["calls"]}
    assert asked == {"GetCallerIdentity"}


def test_keys_that_a_shell_exports_for_itself_are_not_there_and_it_says_so(asking):
    """Field lessons, appendix 10."""
    environment = asking.mayfly.environment
    (asking.mayfly.folder / ".bashrc").write_text(
        "".join(f"export {name}={environment.pop(name)}\n"
                for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")))
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    code, lines = asking.lines()
    assert code == 6 and lines["identity"]["verdict"] == "fail"
    assert "~/.bashrc" in lines["identity"]["next_step"]


def test_a_region_that_nobody_named_is_a_line_and_no_crash(asking):
    del asking.mayfly.environment["AWS_DEFAULT_REGION"]
    code, lines = asking.lines()
    assert code == 6 and "region" in lines["identity"]["found"]
    code, _ = asking.lines('machines.ec2.region="us-east-1"')
    assert code == 0, "the phase may name it"


def test_without_a_phase_it_says_who_we_are(asking):
    done = asking.mayfly.run("doctor", "--provider", "ec2", "--json")
    assert done.returncode == 0
    assert "arn:aws:iam::111122223333:user/operator" in done.stdout


# --- Money and the database --------------------------------------------------------------------


def test_a_price_above_what_the_phase_allows_fails(asking):
    asking.cloud.script({"do": "price", "type": "c7i.*", "usd": "0.90"})
    fails(asking, "price spot", "0.9", "the phase allows 0.50 USD/h",
          sets=["machines.max_price=0.50 USD/h"])
    passes(asking, "price spot", sets=["machines.max_price=1.20 USD/h"])


def test_a_budget_that_pays_for_less_than_is_expected_fails(asking):
    passes(asking, "price spot", "25.00 USD pay for")
    fails(asking, "price spot", "raise phase.budget", sets=["phase.expect=40h"])


def test_an_embedded_database_is_out_of_reach(asking):
    lines = fails(asking, "database", "machines cannot reach an embedded database",
                  'database.url = "env:DATABASE_URL"', sets=['database.url="embedded"'])
    assert not lines["route to the database"]["ok"]


def test_a_database_that_is_away_or_too_small_fails(asking):
    asking.mayfly.environment["ASKED_DATABASE"], there = (
        "postgresql://nobody@127.0.0.1:1/none", asking.mayfly.environment["ASKED_DATABASE"])
    fails(asking, "database", "ASKED_DATABASE")
    asking.mayfly.environment["ASKED_DATABASE"] = there
    fails(asking, "database", "100 x (4 slots + 1) + 5 = 505 are needed", "max_connections",
          sets=["machines.count=100"])
    passes(asking, "database", "1 x (4 slots + 1) + 5 = 10")


def test_a_database_may_have_a_limit_of_its_own(asking, server):
    server.query("postgres", "alter database asked connection limit 9")
    try:
        fails(asking, "database", "of 9 connections free")
    finally:
        server.query("postgres", "alter database asked connection limit -1")


def test_a_phase_without_a_table_of_ec2_is_invalid(asking):
    text = (asking.mayfly.folder / "phase.toml").read_text()
    begin, end = text.index("[machines.ec2]"), text.index("[grid]")
    (asking.mayfly.folder / "phase.toml").write_text(
        (text[:begin] + text[end:]).replace('provider = "ec2"', 'provider = "local"'))
    done = asking.mayfly.run(*asking.arguments())
    assert done.returncode == 2 and "[machines.ec2]" in done.stderr
