"""`python -m techub_devstack.doubles` as a process."""

import json
import signal
import sys
from pathlib import Path

from techub_devstack import samples
from techub_devstack.doubles.handle import Double, MailDouble
from techub_devstack.servers.child import Child, leashed
from techub_devstack.servers.waiting import until

COMMAND = (sys.executable, "-m", "techub_devstack.doubles")
MAIL = {"from": "a@example.com", "to": "b@example.com", "subject": "s", "text": "t"}
KEY = {"authorization": "Bearer re_test"}


async def started(directory: Path) -> tuple[Child, dict[str, int]]:
    """Start the command and return its ports once they are written."""
    ports = directory / "ports.json"
    ports.unlink(missing_ok=True)
    options = ("--state-dir", directory / "state", "--ports-file", ports)
    command = leashed([*COMMAND, *options], die_with=signal.SIGTERM)
    child = Child(command, log=directory / "doubles.log")
    await until(ports.exists, within=30, what="the ports file")
    return child, json.loads(ports.read_text("utf-8"))


async def test_three_doubles_in_one_process(tmp_path: Path) -> None:
    """Each answers on its port, mail outlives the process, and SIGTERM ends it with 0."""
    child, ports = await started(tmp_path)
    resend = MailDouble(f"http://127.0.0.1:{ports['resend']}")
    resend.ask("POST", "/emails", json=MAIL, headers=KEY)
    github = Double(f"http://127.0.0.1:{ports['github']}")
    assert github.ask("GET", f"/users/{samples.DEFAULT}").status_code == 200
    gemini = Double(f"http://127.0.0.1:{ports['gemini']}")
    assert gemini.send("POST", "/v1/models/gemini-2.5-flash:generateContent").status_code == 403
    assert await child.stop() == 0, child.last_words()

    child, ports = await started(tmp_path)
    kept = MailDouble(f"http://127.0.0.1:{ports['resend']}").mails()
    assert [mail["subject"] for mail in kept] == ["s"]
    assert await child.stop() == 0


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """One line says what is wrong."""
    child = Child([*COMMAND, "--samples", tmp_path / "none"], log=tmp_path / "log")

    assert await child.ended(within=30) == 2
    assert "is not a directory" in child.last_words()
