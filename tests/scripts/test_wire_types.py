from scripts.tools.wire_types import TARGET, render


def test_the_clients_types_are_what_the_documents_say_now() -> None:
    assert TARGET.read_text() == render(), "run python -m scripts.tools.wire_types and commit what it writes"
