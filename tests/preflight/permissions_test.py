"""The table of permissions beside what the client calls, and the policies that are made from it."""

import json
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENT = ROOT / "src/adapters/aws"
CALL = re.compile(r'"((?:Abort|Add|Assume|Attach|Cancel|Copy|Create|Delete|Describe|Detach|Get|Head|List|Modify|Put|'
                  r'Reboot|Register|Release|Remove|Request|Run|Send|Start|Stop|Terminate|Update)[A-Z][A-Za-z0-9]+)"')
NO_CALLS = {"StartTime", "DeleteOnTermination"}  # keys that look like calls


def calls_of_the_client():
    """Operation by the name of the file that asks for it first, as its source spells it."""
    calls = {}
    for file in sorted(CLIENT.rglob("*.cc")):
        if file.name.endswith("_test.cc") or "testing" in file.parts or file.name in (
                "permissions.cc", "policy.cc", "error_class.cc"):
            continue
        for name in CALL.findall(file.read_text()):
            if not name.endswith(("Response", "Result")) and name not in NO_CALLS:
                calls.setdefault(name, str(file.relative_to(ROOT)))
    return calls


@pytest.fixture
def said(mayfly):
    return json.loads(mayfly.ok("iam-policy", "--bucket", "b", "--json"))


def test_every_call_of_the_client_has_a_row(said):
    granted = {row["action"].split(":")[1] for row in said["permissions"]}
    renamed = {call.split(":")[1] for call in said["renamed"]}
    calls = calls_of_the_client()
    assert len(calls) > 30, "the client is not where this test looks"
    missing = {call: file for call, file in calls.items() if call not in granted | renamed}
    assert not missing, f"add rows to preflight/permissions.cc: {missing}"


def test_nothing_is_granted_that_is_not_called(said):
    calls = set(calls_of_the_client())
    stands_for = {permission.split(":")[1] for permission in said["renamed"].values() if permission}
    for row in said["permissions"]:
        name = row["action"].split(":")[1]
        called = name in calls or name in stands_for
        assert called or row["action"] in said["implied"], row


def test_every_call_has_a_transcript_of_an_official_client():
    golden = "\n".join(file.read_text() for file in (ROOT / "tests/ec2sim/golden").glob("*.txt"))
    kebab = lambda name: re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()  # noqa: E731
    without = {name for name in calls_of_the_client()
               if not re.search(rf"\b{name}\b", golden) and kebab(name) not in golden}
    assert not without


def statements(policy):
    by_sid = {one["Sid"]: one for one in policy["Statement"]}
    assert len(by_sid) == len(policy["Statement"]), "a Sid stands there twice"
    return by_sid


def test_a_policy_is_one_that_iam_takes(said):
    for who in ("controller", "worker", "resizer", "scheduler"):
        policy = said[who]
        assert policy["Version"] == "2012-10-17"
        assert len(json.dumps(policy, separators=(",", ":"))) <= 6144, "IAM's limit of a managed policy"
        for sid, one in statements(policy).items():
            assert re.fullmatch("[A-Za-z0-9]+", sid) and one["Effect"] == "Allow"
            assert not any("*" in action for action in one["Action"]), one


def test_only_lists_are_open_to_everything(said):
    for one in said["controller"]["Statement"] + said["resizer"]["Statement"]:
        if one["Resource"] == "*":
            assert all(re.match(r"[a-z0-9]+:(Describe|Get|List)", action) for action in one["Action"]), one


def test_what_changes_anything_is_bound_to_the_ledgers_tag(mayfly):
    policy = json.loads(mayfly.ok("iam-policy", "controller", "--bucket", "b", "--ledger", "prod"))
    by_sid = statements(policy)
    assert by_sid["EndOnlyWhatCarriesOurTag"]["Condition"] == {
        "StringEquals": {"aws:ResourceTag/mayfly:ledger": "prod"}}
    assert by_sid["MakeOnlyWhatCarriesOurTag"]["Condition"] == {
        "StringEquals": {"aws:RequestTag/mayfly:ledger": "prod"}}
    for action in ("ec2:TerminateInstances", "ec2:DeleteFleets"):
        holders = [sid for sid, one in by_sid.items() if action in one["Action"]]
        assert holders == ["EndOnlyWhatCarriesOurTag"]
    assert by_sid["LoginsOfMachines"]["Resource"] == "arn:aws:ssm:*:*:parameter/mayfly/prod/*"


def test_who_resizes_changes_one_host_and_marks_it_with_one_tag(mayfly):
    policy = json.loads(mayfly.ok("iam-policy", "resizer", "--host", "i-1", "--region", "eu-west-1",
                                  "--account", "111122223333"))
    by_sid = statements(policy)
    host = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"
    assert by_sid["StopChangeAndStartTheHost"]["Resource"] == host
    assert set(by_sid["StopChangeAndStartTheHost"]["Action"]) == {
        "ec2:StopInstances", "ec2:ModifyInstanceAttribute", "ec2:StartInstances"}
    assert by_sid["MarkTheHost"]["Resource"] == host
    assert by_sid["MarkTheHost"]["Condition"] == {
        "ForAllValues:StringEquals": {"aws:TagKeys": ["mayfly:resize"]}}
    assert by_sid["LookIntoTheHost"]["Resource"] == [
        host, "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript"]
    assert not any("Terminate" in action or "Run" in action.split(":")[1][:3]
                   for one in by_sid.values() for action in one["Action"])


def test_a_role_is_passed_to_ec2_only(mayfly):
    policy = json.loads(mayfly.ok("iam-policy", "controller", "--bucket", "b", "--account",
                                  "111122223333", "--role", "theirs"))
    one = statements(policy)["GiveMachinesTheirRoleAndNoOther"]
    assert one["Action"] == ["iam:PassRole"]
    assert one["Resource"] == "arn:aws:iam::111122223333:role/theirs"
    assert one["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}


def test_a_floor_is_raised_on_the_named_cluster_and_on_no_other(mayfly):
    at = ("--bucket", "b", "--region", "eu-west-1", "--account", "111122223333")
    without = statements(json.loads(mayfly.ok("iam-policy", "controller", *at)))
    assert "RaiseAndRestoreTheFloor" not in without
    may = [sid for sid, one in without.items() if "rds:ModifyDBCluster" in one["Action"]]
    assert may == ["FloorsThatWeRaised"]  # a sweep sets back what carries our tag
    assert without["FloorsThatWeRaised"]["Condition"]
    one = statements(json.loads(mayfly.ok("iam-policy", "controller", *at, "--cluster", "prod")))[
        "RaiseAndRestoreTheFloor"]
    assert one["Resource"] == "arn:aws:rds:eu-west-1:111122223333:cluster:prod"
    assert one["Action"] == ["rds:ModifyDBCluster", "rds:AddTagsToResource", "rds:RemoveTagsFromResource"]


def test_a_snapshot_is_made_with_our_tag_of_our_disk_only(said):
    by_sid = statements(said["controller"])
    for sid in ("MakeOnlyWhatCarriesOurTag", "EndOnlyWhatCarriesOurTag"):
        assert "ec2:CreateSnapshot" in by_sid[sid]["Action"]
        assert "arn:aws:ec2:*::snapshot/*" in by_sid[sid]["Resource"], "its name holds no account"
    assert "CreateSnapshot" in by_sid["TagOnlyWhileMaking"]["Condition"]["StringEquals"]["ec2:CreateAction"]
    assert "ec2:DeleteSnapshot" in by_sid["EndOnlyWhatCarriesOurTag"]["Action"]


def test_the_schedulers_role_is_passed_to_the_scheduler_only(mayfly):
    policy = json.loads(mayfly.ok("iam-policy", "controller", "--bucket", "b", "--account", "111122223333",
                                  "--region", "eu-west-1", "--ledger", "prod", "--scheduler-role", "ours"))
    by_sid = statements(policy)
    one = by_sid["GiveTheSchedulerItsRoleAndNoOther"]
    assert (one["Action"], one["Resource"]) == (["iam:PassRole"], "arn:aws:iam::111122223333:role/ours")
    assert one["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    orders = by_sid["OrderTheLastEnd"]
    assert orders["Resource"] == "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/mayfly-prod-*"
    assert orders["Action"] == ["scheduler:CreateSchedule", "scheduler:UpdateSchedule",
                                "scheduler:DeleteSchedule"]


def test_the_scheduler_may_end_machines_of_ours_and_nothing_else(mayfly):
    policy = json.loads(mayfly.ok("iam-policy", "scheduler", "--ledger", "prod"))
    [one] = policy["Statement"]
    assert one["Action"] == ["ec2:TerminateInstances"]
    assert one["Condition"] == {"StringEquals": {"aws:ResourceTag/mayfly:ledger": "prod"}}
    trust = json.loads(mayfly.ok("iam-policy", "scheduler-trust", "--account", "111122223333"))
    [one] = trust["Statement"]
    assert one["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert one["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_a_machine_may_read_its_program_and_its_login_and_nothing_else(mayfly):
    policy = json.loads(mayfly.ok("iam-policy", "worker", "--bucket", "b", "--ledger", "prod",
                                  "--region", "eu-west-1", "--account", "111122223333"))
    assert [(one["Action"], one["Resource"]) for one in policy["Statement"]] == [
        (["s3:GetObject"], "arn:aws:s3:::b/mayfly/*"),
        (["ssm:GetParameter"], "arn:aws:ssm:eu-west-1:111122223333:parameter/mayfly/prod/*"),
        (["kms:Decrypt"], "arn:aws:kms:eu-west-1:111122223333:key/*")]


def test_what_is_granted_to_nobody_is_in_no_policy(said):
    text = json.dumps([said["controller"], said["worker"], said["resizer"], said["scheduler"]])
    held_back = [row["action"] for row in said["permissions"] if row["granted_to"] == "nobody"]
    assert held_back and not any(f'"{action}"' in text for action in held_back)


def test_a_bucket_that_is_not_named_is_to_be_put_in_and_it_says_so(mayfly):
    done = mayfly.run("iam-policy", "worker")
    assert done.returncode == 0 and "YOUR-BUCKET" in done.stdout and "--bucket" in done.stderr
    assert json.loads(done.stdout), "stdout is the policy and nothing else"


def test_the_document_explains_every_permission(said):
    """MAYFLY_ACCEPT=1 writes the table of docs/aws.md anew."""
    lines = [f"| `{row['action']}` | {row['granted_to']} | {row['why']} |" for row in said["permissions"]]
    table = "\n".join(["| permission | granted to | why |", "|---|---|---|", *lines])
    page = ROOT / "docs/aws.md"
    text = page.read_text()
    begin, end = "<!-- permissions -->\n", "<!-- /permissions -->"
    head, rest = text.split(begin)
    written, tail = rest.split(end)
    if os.environ.get("MAYFLY_ACCEPT") == "1":
        page.write_text(f"{head}{begin}{table}\n{end}{tail}")
        return
    assert written == table + "\n", "MAYFLY_ACCEPT=1 writes it anew"
