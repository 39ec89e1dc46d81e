"""A process that imports commands once and forks for each that is asked for: ``tests/processes.py`` asks.

A command's process has arguments, an environment, standard streams and an exit code of its own. Only what it imports
is there before it starts, which took it two seconds of a CPU otherwise.
"""

import gc
import importlib
import json
import os
import runpy
import sys
import traceback
from typing import Any, NoReturn


def become(asked: dict[str, Any]) -> NoReturn:
    """Be the process that was asked for until it ends."""
    code = 1
    try:
        for path, flags, there in (
            (os.devnull, os.O_RDONLY, 0),
            (asked["out"], os.O_WRONLY, 1),
            (asked["err"], os.O_WRONLY, 2),
        ):
            here = os.open(path, flags)
            os.dup2(here, there)
            os.close(here)
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


def main() -> None:
    """Answer each line that asks with two: the child's process id, and how it ended."""
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w", buffering=1)
    while line := questions.readline():
        asked = json.loads(line)
        importlib.import_module(asked["imports"])
        gc.collect()
        gc.freeze()
        child = os.fork()
        if not child:
            os.close(questions.fileno())
            os.close(answers.fileno())
            become(asked)
        print(child, file=answers)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers)


if __name__ == "__main__":
    main()
