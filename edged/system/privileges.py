"""Becoming the service's user for good: what root's own rights are given up for, and the one that may be kept.

Whose files are read or written then is not known here. Linux only: see capabilities(7) and prctl(2).
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pwd

READ_ANYWHERE = 2
"""Number of CAP_DAC_READ_SEARCH: every file may be read and every folder entered, and none be changed."""
MOST_CAPABILITIES = 64
"""Numbers that a capability may have."""
VERSION_3 = 0x20080522
"""Form in which capset(2) takes two words of capabilities."""
KEEP_CAPABILITIES, DROP_BOUND, NO_NEW_PRIVILEGES, AMBIENT, AMBIENT_RAISE = 8, 24, 38, 47, 2
"""Numbers of operations, see prctl(2)."""
CAPSET = {"x86_64": 126, "aarch64": 91}
"""Number of the call capset(2) by machine: the C library has no function for it that is always there."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Word(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def become(user: pwd.struct_passwd, *, may_read_anywhere: bool) -> None:
    """Become this user with no rights of root but, where it is wanted, that to read every file; there is no way back.

    Raises:
        OSError: the process is not root's, or the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _prctl(libc, KEEP_CAPABILITIES, int(may_read_anywhere))
    for number in range(MOST_CAPABILITIES):
        if number != READ_ANYWHERE or not may_read_anywhere:
            libc.prctl(DROP_BOUND, number, 0, 0, 0)  # the kernel does not know all of these numbers
    os.initgroups(user.pw_name, user.pw_gid)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    if may_read_anywhere:
        only = _Word(*[1 << READ_ANYWHERE] * 3)
        if libc.syscall(CAPSET[os.uname().machine], ctypes.byref(_Header(VERSION_3, 0)), ctypes.byref((_Word * 2)(only, _Word()))):
            raise OSError(ctypes.get_errno(), "capset")
        _prctl(libc, AMBIENT, AMBIENT_RAISE, READ_ANYWHERE)  # of programs that are started too, such as ffmpeg
    _prctl(libc, NO_NEW_PRIVILEGES, 1)


def _prctl(libc: ctypes.CDLL, operation: int, *values: int) -> None:
    if libc.prctl(operation, *values, *[0] * (4 - len(values))):
        raise OSError(ctypes.get_errno(), f"prctl {operation}")
