from random import Random

from nearby.server.ids import ID_BYTES, IDS_AT_ONCE, RandomIds


def test_every_id_is_another_one_and_opaque() -> None:
    draw_id = RandomIds(Random(1).randbytes)
    drawn = [draw_id() for _ in range(3 * IDS_AT_ONCE)]
    assert len(set(drawn)) == len(drawn)
    assert all(len(one) == 12 and one.replace("-", "a").replace("_", "a").isalnum() for one in drawn)


def test_every_byte_drawn_is_in_one_id_and_the_system_is_asked_once_for_many() -> None:
    asked: list[int] = []

    def draw(count: int) -> bytes:
        asked.append(count)
        return Random(len(asked)).randbytes(count)

    draw_id = RandomIds(draw)
    for _ in range(IDS_AT_ONCE + 1):
        draw_id()
    assert asked == [ID_BYTES * IDS_AT_ONCE] * 2
