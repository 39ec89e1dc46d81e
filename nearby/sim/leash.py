"""What we start ends with us, also when we are killed and can end nothing ourselves.

A process of its own holds a handle of each and reads from a pipe that only we write to: when that ends, so did we.
The kernel's own way (``PR_SET_PDEATHSIG``) goes by the thread that started a process, which here is often one of a
pool that is gone long before.
"""

import os
import signal
import subprocess
import sys
from functools import cache
from threading import Lock

_HOLDER = """
import os, select, signal, sys
held = {}
for line in sys.stdin:
    for handle in [one for one in held if select.select([one], [], [], 0)[0]]:
        os.close(handle)
        del held[handle]
    pid, number = map(int, line.split())
    try:
        held[os.pidfd_open(pid)] = number
    except OSError:
        pass
for handle, number in held.items():
    try:
        signal.pidfd_send_signal(handle, number)
    except OSError:
        pass
"""
"""It knows processes by handles, which name no other process later, and lets go of those that ended."""

_one_at_a_time = Lock()


def leash(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Have a process signalled when this one is gone, however it went. Blocks for a moment; Linux only, else nothing.

    Args:
        pid: Runs, and was not waited for.
        number: What ends it.
    """
    if not hasattr(os, "pidfd_open"):
        return
    with _one_at_a_time:
        holder = _holder(os.getpid())
        assert holder.stdin is not None
        holder.stdin.write(b"%d %d\n" % (pid, number))


@cache
def _holder(of_pid: int) -> "subprocess.Popen[bytes]":
    """Return the process at the other end of our pipe; a fork of us has one of its own."""
    command = (sys.executable, "-I", "-S", "-c", _HOLDER)
    # In a session of its own, so that what kills our group leaves it.
    return subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, start_new_session=True)
