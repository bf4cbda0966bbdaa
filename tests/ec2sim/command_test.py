"""The command itself: what it prints, how it refuses, how it ends."""

import json
import os
import urllib.request

from simulated_cloud import SimulatedCloud, wait_until


def test_it_prints_its_address_and_what_to_export(mayfly):
    process = mayfly.start("ec2sim")
    lines = [process.stdout.readline().rstrip() for _ in range(6)]
    assert lines[0].startswith("http://127.0.0.1:")
    assert lines[1] == f"export AWS_ENDPOINT_URL={lines[0]}"
    assert [line.split("=")[0] for line in lines[2:]] == [
        "export AWS_ACCESS_KEY_ID", "export AWS_SECRET_ACCESS_KEY", "export AWS_DEFAULT_REGION",
        "export MAYFLY_SHOWN_WITHIN"]
    process.terminate()
    _, talk = process.communicate(timeout=20)
    assert process.returncode == 0 and "Ctrl-C" in talk


def test_a_port_that_is_taken_is_a_conflict(mayfly_bin, mayfly, short_tmp):
    cloud = SimulatedCloud(mayfly_bin, short_tmp / "state")
    port = cloud.endpoint.rsplit(":", 1)[1]
    done = mayfly.run("ec2sim", "--port", port)
    assert done.returncode == 4 and port in done.stderr and "--port" in done.stderr
    assert cloud.stop() == 0
    again = SimulatedCloud(mayfly_bin, short_tmp / "state", "--port", port)
    assert again.endpoint == cloud.endpoint, "free again at once"
    assert again.stop() == 0


def test_mistakes_are_named(mayfly):
    (mayfly.folder / "broken.json").write_text("[")
    (mayfly.folder / "wrong.json").write_text('[{"do": "capacity", "lefd": 1}]')
    for arguments, code, told in ((("--script", "nowhere.json"), 3, "nowhere.json"),
                                  (("--script", "broken.json"), 2, "no JSON"),
                                  (("--script", "wrong.json"), 2, 'did you mean "left"?'),
                                  (("--share", "nowhere"), 3, "nowhere"),
                                  (("--port", "70000"), 2, "70000")):
        done = mayfly.run("ec2sim", *arguments)
        assert done.returncode == code and told in done.stderr, done.stderr
        assert done.stdout == ""


def test_a_script_holds_from_the_start(mayfly_bin, short_tmp):
    (short_tmp / "script.json").write_text('{"do": "quota", "code": "L-1216C47A", "value": 7}')
    cloud = SimulatedCloud(mayfly_bin, short_tmp / "state", "--script", short_tmp / "script.json")
    assert next(one for one in cloud.get("state")["quotas"] if one["code"] == "L-1216C47A") == {
        "code": "L-1216C47A", "name": "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
        "value": 7.0, "used": 0}
    assert cloud.stop() == 0


def test_a_shared_folder_is_seen_and_written(mayfly_bin, short_tmp):
    shared = short_tmp / "shared"
    shared.mkdir()
    (shared / "question").write_text("who?\n")
    cloud = SimulatedCloud(mayfly_bin, short_tmp / "state", "--share", shared)
    cloud.launch(f"#!/bin/sh\ncp {shared}/question {shared}/answer\n")
    wait_until(lambda: (shared / "answer").exists(), "the instance wrote into the folder")
    wait_until(lambda: (shared / "answer").read_text() == "who?\n", "what it read")
    assert cloud.stop() == 0


def test_a_folder_that_nobody_named_is_gone_at_the_end(mayfly, short_tmp):
    temporary = short_tmp / "temporary"
    temporary.mkdir()
    mayfly.environment["TMPDIR"] = str(temporary)
    process = mayfly.start("ec2sim", "--json")
    about = json.loads(process.stdout.readline())
    assert len(os.listdir(temporary)) == 1
    with urllib.request.urlopen(about["endpoint"] + "/_sim/state", timeout=10) as answer:
        assert answer.status == 200
    process.send_signal(2)
    process.communicate(timeout=20)
    assert process.returncode == 0 and os.listdir(temporary) == []

