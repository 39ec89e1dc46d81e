"""Several processes of one server on a machine: the kernel spreads phones over them, and they share a hub."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from time import sleep
from types import FrameType

import uvloop

from nearby.errors import ConfigError, StoreDown
from nearby.server.app import serve
from nearby.server.config import Settings
from nearby.server.logs import log_to_stderr

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2

AGAIN_AFTER = 5
"""A worker that ended by itself is started again after so many looks, a second."""

WRONG_SETTING = 2
"""How a worker ends that cannot start; starting it again would not help."""


def serve_in_workers(settings: Settings, *, announce: Callable[[str], object]) -> int:
    """Serve in ``settings.workers`` processes until SIGTERM or SIGINT, then let each drain; return the exit code.

    Each has a port for metrics of its own: the one that is set, and those that follow it. One that ends by itself is
    started again: its people come back to another one meanwhile.
    """
    return _Workers(settings, announce).run()


class _Workers:
    def __init__(self, settings: Settings, announce: Callable[[str], object]) -> None:
        self._settings = settings
        self._announce = announce
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[int, BaseProcess] = {}
        self._looks_left: dict[int, int] = {}
        self._ready: dict[int, Event] = {}
        self._is_announced = False
        self._is_stopping = False
        self._code = 0

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for index in range(self._settings.workers):
            self._start(index)
        while self._workers or (self._looks_left and not self._is_stopping):
            self._look()
            self._tell_if_ready()
            sleep(LOOK_EVERY_S)
        return self._code

    def _start(self, index: int) -> None:
        own = self._settings.model_copy(update={"metrics_port": self._settings.metrics_port + index})
        ready = self._ready[index] = self._context.Event()
        worker = self._context.Process(target=_work, args=(own, ready), name=f"nearby-{index}")
        worker.start()
        self._workers[index] = worker

    def _tell_if_ready(self) -> None:
        """Announce the server, once, when all of its first workers take phones."""
        if self._is_announced or not all(ready.is_set() for ready in self._ready.values()):
            return
        self._is_announced = True
        phones = f"http://{self._settings.host}:{self._settings.port}"
        metrics = f"http://{self._settings.metrics_host}:{self._settings.metrics_port}/metrics"
        self._announce(f"nearby: phones at {phones} metrics at {metrics} and the ports after it")

    def _look(self) -> None:
        for index, worker in list(self._workers.items()):
            if worker.exitcode is None:
                continue
            del self._workers[index]
            if self._is_stopping:
                self._code = self._code or worker.exitcode
            elif worker.exitcode == WRONG_SETTING:
                self._code = WRONG_SETTING
                self._stop(signal.SIGTERM, None)
            else:
                log.error("worker %d ended with %d; starting another one", index, worker.exitcode)
                self._looks_left[index] = AGAIN_AFTER
        for index in list(self._looks_left):
            self._looks_left[index] -= 1
            if self._looks_left[index] <= 0 and not self._is_stopping:
                del self._looks_left[index]
                self._start(index)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._is_stopping = True
        for worker in self._workers.values():
            worker.terminate()


def _end_with_parent() -> None:
    """Drain when the parent is gone: nobody would, and the port would be shared with whoever comes next."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _work(settings: Settings, ready: Event) -> None:
    # SIGINT reaches the whole group of a terminal: the parent passes it on as SIGTERM, once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    log_to_stderr(settings.log_level)
    try:
        uvloop.run(serve(settings, announce=lambda line: ready.set(), signals=(signal.SIGTERM,)))
    except ConfigError as error:
        print(f"nearby: {error}", file=sys.stderr)
        sys.exit(WRONG_SETTING)
    except StoreDown as error:
        print(f"nearby: {error}", file=sys.stderr)
        sys.exit(1)
