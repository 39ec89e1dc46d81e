import asyncio

import pytest

from nearby.server.eager import run_eagerly


async def test_work_that_waits_for_nothing_is_done_at_once() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    assert run_eagerly(work()) is None
    assert done == [1]


async def test_work_that_fails_before_it_waits_fails_where_it_was_started() -> None:
    async def work() -> None:
        raise ValueError("at once")

    with pytest.raises(ValueError, match="at once"):
        run_eagerly(work())


async def test_work_that_waits_goes_on_in_a_task_with_what_it_waited_for() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    heard: list[object] = []

    async def work() -> None:
        heard.append("begun")
        await asyncio.sleep(0)
        heard.append(await answer)
        async with asyncio.timeout(5):
            heard.append(await asyncio.to_thread(lambda: "from a thread"))

    task = run_eagerly(work())
    assert heard == ["begun"]
    answer.set_result("an answer")
    assert task is not None
    await task
    assert heard == ["begun", "an answer", "from a thread"]


async def test_what_the_awaited_raises_reaches_the_work_and_what_that_raises_the_task() -> None:
    broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        try:
            await broken
        except ValueError as error:
            raise KeyError("mended") from error

    task = run_eagerly(work())
    assert task is not None
    broken.set_exception(ValueError("broken"))
    with pytest.raises(KeyError, match="mended"):
        await task


async def test_cancelling_the_task_cancels_the_work() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    task = run_eagerly(work())
    assert task is not None
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["cleaned up"]
