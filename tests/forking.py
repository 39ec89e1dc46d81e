"""A process that imports commands once and forks for each that is asked for by ``processes.py`` or ``forked.py``.

A command's process has arguments, an environment, standard streams and an exit code of its own. Only what it imports
is there before it starts, which took it two seconds of a CPU otherwise.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import sys
import traceback
from typing import Any, NoReturn


def become(asked: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be the process that was asked for until it ends."""
    code = 1
    try:
        if asked["is_alone"]:
            os.setsid()
        for there, here in enumerate(streams):
            os.dup2(here, there)
        # Its handles of other children, and what it is asked through.
        os.closerange(len(streams), os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(asked["environment"])
        module = asked["module"]
        sys.modules.pop(module, None)
        sys.argv = [module, *asked["arguments"]]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as exit:
        if isinstance(exit.code, str):
            print(exit.code, file=sys.stderr)
        code = exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Forking:
    """Answers each line that asks with the child's process id, and with that and how it ended once it has."""

    def __init__(self) -> None:
        # Away from the numbers that children have for their streams.
        self._questions, self._answers = os.dup(0), os.fdopen(os.dup(1), "w", buffering=1)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._questions, selectors.EVENT_READ)

    def run(self) -> None:
        """Answer until whoever asks is gone."""
        asked = b""
        while True:
            for key, _ in self._selector.select():
                if key.data is not None:
                    self._tell_end(key.fd, key.data)
                    continue
                more = os.read(self._questions, 1 << 16)
                if not more:
                    return
                *lines, asked = (asked + more).split(b"\n")
                for line in lines:
                    self._fork(json.loads(line))

    def _fork(self, asked: dict[str, Any]) -> None:
        importlib.import_module(asked["imports"])
        gc.collect()
        gc.freeze()
        # Opened here: once we answer, whoever asks may close their end of a pipe.
        streams = [os.open(os.devnull, os.O_RDONLY)]
        streams += (os.open(asked[name], os.O_WRONLY | os.O_APPEND) for name in ("out", "err"))
        child = os.fork()
        if not child:
            become(asked, streams)
        for stream in streams:
            os.close(stream)
        self._selector.register(os.pidfd_open(child), selectors.EVENT_READ, child)
        print(child, file=self._answers)

    def _tell_end(self, handle: int, child: int) -> None:
        self._selector.unregister(handle)
        os.close(handle)
        print(child, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=self._answers)


if __name__ == "__main__":
    Forking().run()
