"""Chromium's profile: its own sandbox works under it, and what a container must not do fails."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from techub_devstack.servers import chromium

PROFILE = Path(__file__).parents[2] / "deploy/seccomp/chromium.json"
UNDER = Path(__file__).with_name("under_seccomp.py")
DOCUMENT = json.loads(PROFILE.read_text("utf-8"))
ALLOWED = {name for each in DOCUMENT["syscalls"] for name in each["names"]}
NEVER = {
    *("mount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "swapon", "acct"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "reboot", "settimeofday"),
    *("bpf", "perf_event_open", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp"),
    *("add_key", "keyctl", "request_key", "userfaultfd", "io_uring_setup", "io_uring_enter"),
    *("open_by_handle_at", "name_to_handle_at", "quotactl", "syslog", "iopl", "ioperm", "vhangup"),
}
each_library = pytest.mark.skipif(
    not Path("/usr/lib/x86_64-linux-gnu/libseccomp.so.2").exists(), reason="no libseccomp here"
)


def run_under(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command under the profile."""
    return subprocess.run(
        [sys.executable, UNDER, PROFILE, *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_refuses_what_is_not_listed() -> None:
    """The default is an error, and nothing is listed that reaches the machine."""
    assert DOCUMENT["defaultAction"] == "SCMP_ACT_ERRNO"
    assert {each["action"] for each in DOCUMENT["syscalls"]} == {"SCMP_ACT_ALLOW"}
    assert not ALLOWED & NEVER


@each_library
def test_chromium_runs_with_its_sandbox() -> None:
    """A page is drawn by sandboxed processes, which need namespaces of their own."""
    browser = chromium.find()
    assert browser is not None
    with TemporaryDirectory() as name:  # pytest's own folders are closed to everybody else
        folder = Path(name)
        folder.chmod(0o777)
        picture = folder / "page.png"
        told = run_under(
            str(browser),
            "--headless",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={folder / 'profile'}",
            f"--screenshot={picture}",
            "data:text/html,<h1>drawn</h1>",
        )

        assert picture.exists(), told.stderr[-2000:]
        assert picture.read_bytes().startswith(b"\x89PNG")


@each_library
def test_the_profile_is_what_holds() -> None:
    """Tracing another process is refused by the filter, whoever asks."""
    code = "import ctypes; c = ctypes.CDLL('libc.so.6', use_errno=True); "
    code += "print(c.ptrace(0, 0, 0, 0), ctypes.get_errno())"
    told = run_under("/usr/bin/python3", "-c", code)

    assert told.stdout.split() == ["-1", "1"]
