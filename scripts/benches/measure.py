"""What the kernel says a child process has used (proc(5))."""

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = 3
"""The field that follows the command's name; fields are counted from 1 in proc(5)."""
_UTIME, _STIME = 14 - _AFTER_NAME, 15 - _AFTER_NAME


def cpu_s(pid: int) -> float:
    """Return the user and system time of a process so far, all threads, in steps of 10 ms."""
    # The name may hold spaces and brackets; nothing after it does.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_S


def rss_kib(pid: int) -> int:
    """Return the resident memory of a process in KiB.

    Raises:
        ValueError: The process has ended and not been waited for.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ValueError(f"process {pid} has no memory")
