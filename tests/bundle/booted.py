"""A Debian root that is booted with systemd in a container, and runs a user data script at birth, as
cloud images do: once, as root, in a service of its own."""

import subprocess
import time
from pathlib import Path

import pytest

UNIT = """[Unit]
Description=user data
After=dbus.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/user-data
StandardOutput=append:/user-data.log
StandardError=inherit
[Install]
WantedBy=multi-user.target
"""


class Life:
    """What came of one boot."""

    def __init__(self, root, ended, seconds, console):
        log = root / "user-data.log"
        self.ran = log.exists()
        self.said = log.read_text() if self.ran else ""
        self.ended = ended  # by itself: powered off
        self.seconds = seconds
        self.console = console


def boot(root, script, limit):
    """Boots the root, lets it run the script, and waits until it is off, at most `limit` seconds."""
    program = root / "usr/local/sbin/user-data"
    program.write_text(script)
    program.chmod(0o755)
    wanted = root / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    (root / "etc/systemd/system/user-data.service").write_text(UNIT)
    link = wanted / "user-data.service"
    if not link.is_symlink():
        link.symlink_to("../user-data.service")
    words = ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--console=pipe", "-D", root]
    if not Path("/run/systemd/system").exists():
        words.append("--keep-unit")  # nobody here gives it a unit of its own
    begun = time.monotonic()
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT) as process:
        try:
            console, _ = process.communicate(timeout=limit)
            ended = process.returncode == 0
        except subprocess.TimeoutExpired:
            process.terminate()  # nspawn passes it on as an order to power off
            try:
                console, _ = process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                console, _ = process.communicate()
            ended = False
    return Life(root, ended, time.monotonic() - begun, console)


def need_to_boot(root):
    """Skips, with what nspawn says, where this computer cannot boot a container."""
    life = boot(root, "#!/bin/sh\necho born\nshutdown -P now\n", limit=120)
    (root / "user-data.log").unlink(missing_ok=True)
    if not life.ran:
        pytest.skip(f"systemd-nspawn cannot boot here: {life.console.strip()[-400:]}")
    assert life.ended, f"it was born and did not power off:\n{life.console[-2000:]}"
