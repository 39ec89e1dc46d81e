"""The files of ``deploy/`` as tests read them."""

import hashlib
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.documents import ROOT

DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "nearby"
RENDERED = ROOT / "tests" / "deploy" / "rendered"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def manifests(name: str) -> dict[str, dict[str, Any]]:
    """Return what ``deploy/check`` rendered under this name, by kind."""
    documents = yaml.safe_load_all((RENDERED / f"{name}.yaml").read_text())
    return {document["kind"]: document for document in documents if document}


def chart_mark() -> str:
    """Return the name that ``deploy/check`` gives the chart as it is: ``sha256sum`` of the files' ``sha256sum``."""
    names = sorted(f"./{path.relative_to(CHART)}" for path in CHART.rglob("*") if path.is_file())
    sums = "".join(f"{hashlib.sha256((CHART / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    return hashlib.sha256(sums.encode()).hexdigest()
