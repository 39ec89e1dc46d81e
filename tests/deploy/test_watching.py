"""Dashboard and alerts speak of metrics and labels that there are, and each alert has its entry in the runbook."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.deploy.files import DEPLOY, read
from tests.documents import page
from tests.test_docs import exposed, unknown_metrics

OF_PROMETHEUS = {"instance", "job", "le"}


def dashboard() -> Any:
    return json.loads((DEPLOY / "grafana" / "nearby.json").read_text())


def alerts() -> list[dict[str, Any]]:
    [group] = read(DEPLOY / "prometheus" / "alerts.yaml")["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def expressions() -> list[str]:
    shown = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]
    return [*shown, *(alert["expr"] for alert in alerts())]


def wrong_labels(expression: str) -> Iterator[str]:
    """Yield the labels by which an expression picks or groups, and that none of its metrics has."""
    metrics = exposed()
    named = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\bnearby_\w+", expression)}
    has = {label for name in named for label in metrics.get(name, ())} | OF_PROMETHEUS
    picked = re.findall(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"", expression)
    grouped = [label for by in re.findall(r"\bby \(([^)]*)\)", expression) for label in re.findall(r"\w+", by)]
    yield from (label for label in (*picked, *grouped) if label not in has)


def test_what_is_watched_exists() -> None:
    assert len(expressions()) > 40
    for expression in expressions():
        assert not unknown_metrics(expression), expression
        assert not list(wrong_labels(expression)), expression


def test_a_metric_or_label_that_does_not_exist_is_found() -> None:
    assert unknown_metrics("rate(nearby_boards_bucket[5m])")
    assert list(wrong_labels('sum by (colour) (nearby_rooms{shape="round"})')) == ["shape", "colour"]


def test_every_alert_has_its_entry_in_the_runbook_that_says_what_to_do_and_how_urgent_it_is() -> None:
    entries = dict(re.findall(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", page("docs/runbook.md"), re.MULTILINE | re.DOTALL))
    assert list(entries) == [alert["alert"] for alert in alerts()]
    for alert in alerts():
        text = entries[alert["alert"]]
        assert text.startswith(f"*{alert['labels']['severity']}.* "), alert["alert"]
        assert "\nLook " in text
        assert "\nDo: " in text


def test_every_panel_has_a_place_of_its_own_and_an_id() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
        assert place["x"] + place["w"] <= 24
