"""Runs a command under an OCI seccomp profile, as somebody without privileges.

`python under_seccomp.py PROFILE COMMAND…`; libseccomp does the work.
"""

import ctypes
import json
import os
import pwd
import sys
from pathlib import Path

ALLOW, REFUSE = 0x7FFF0000, 0x00050001


def main() -> None:
    """Lower ourselves, load the filter, become the command."""
    document = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_rule_add_array.argtypes = [
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p)
    ]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    rules = library.seccomp_init(REFUSE)
    for each in document["syscalls"]:
        for name in each["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:  # what this machine does not have is negative
                library.seccomp_rule_add_array(rules, ALLOW, number, 0, None)
    if library.seccomp_load(rules):
        sys.exit("libseccomp could not load the profile")
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
