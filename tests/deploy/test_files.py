"""Image, compositions and chart: that they fit the server, the hub's files and each other. None is run here."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nearby.server.config import Settings, load_settings
from tests.deploy.files import CHART, DEPLOY, RENDERED, chart_mark, manifests, read

COMPOSITIONS = ["compose.yaml", "compose.single.yaml"]
SECRET = "x" * 32
CUT_OFF_S = 10
"""What docs/operations.md asks a supervisor to wait beyond ``drain_s``."""


def names_of_settings(environment: dict[str, Any]) -> set[str]:
    return {name.removeprefix("NEARBY_").lower() for name in environment if name.startswith("NEARBY_")}


def interpolated(value: object) -> str:
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", re.sub(r"\$\{\w+:\?[^}]*\}", SECRET, str(value)))


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_the_recipe_of_the_image_has_no_fault_that_the_linter_knows() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_takes_only_what_is_locked() -> None:
    recipe = (DEPLOY / "Dockerfile").read_text()
    assert recipe.index("USER 10001") < recipe.index("ENTRYPOINT")
    assert re.findall(r"pip install .*", recipe)
    for line in re.findall(r"pip install (.*)", recipe):
        assert "--require-hashes" in line or "--no-deps" in line
    assert set(re.findall(r"NEARBY_([A-Z_]+)=", recipe)) <= {name.upper() for name in Settings.model_fields}
    taken = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    copied = {word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", recipe, re.MULTILINE) for word in line.split()}
    assert {name.split("/")[0] for name in copied} <= {line[1:].split("/")[0] for line in taken if line[0] == "!"}


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_servers_of_a_composition_have_settings_that_are_in_order(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    services = read(DEPLOY / name)["services"]
    servers = [service for service in services.values() if "NEARBY_KEY" in service.get("environment", {})]
    assert servers
    for service in servers:
        environment = service["environment"]
        assert names_of_settings(environment) <= set(Settings.model_fields)
        for key, value in environment.items():
            monkeypatch.setenv(key, interpolated(value))
        settings = load_settings({})
        assert settings.database_url.startswith("postgresql://")
        assert seconds(service["stop_grace_period"]) >= settings.drain_s + CUT_OFF_S
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"]


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_what_a_composition_asks_for_is_in_the_example_and_what_it_mounts_is_there(name: str) -> None:
    text = (DEPLOY / name).read_text()
    wanted = set(re.findall(r"\$\{(\w+):\?", text))
    offered = set(re.findall(r"^(\w+)=$", (DEPLOY / "env.example").read_text(), re.MULTILINE))
    assert wanted
    assert wanted <= offered
    for path in re.findall(r"- (\./[^:]+):", text):
        assert (DEPLOY / path).is_file(), path


def test_gateways_of_the_composition_believe_nginx_and_find_the_hub() -> None:
    composition = read(DEPLOY / "compose.yaml")
    services, networks = composition["services"], composition["networks"]
    nodes = {name: service for name, service in services.items() if re.fullmatch(r"hub-\d", name)}
    assert len(nodes) == 6
    assert all(node["networks"]["hub"]["aliases"] == ["hub"] for node in nodes.values())
    made = services["hub-init"]["command"][-1]
    assert {f"{node['networks']['hub']['ipv4_address']}:6379" for node in nodes.values()} <= set(made.split())
    assert set(services["hub-init"]["depends_on"]) == set(nodes)
    [front] = networks["front"]["ipam"]["config"]
    upstream = set(re.findall(r"server (gateway-\d):8080", (DEPLOY / "nginx.conf").read_text()))
    assert upstream == {name for name in services if name.startswith("gateway-")}
    for name in upstream:
        environment = services[name]["environment"]
        assert environment["NEARBY_TRUSTED_PROXIES"] == front["subnet"]
        assert re.search(r"@hub:6379$", environment["NEARBY_HUB_URL"])


def test_the_hubs_users_are_those_of_the_example() -> None:
    example = (DEPLOY / "hub" / "users.conf.example").read_text()
    shipped = read(DEPLOY / "compose.yaml")["configs"]["hub-users"]["content"]
    passwords = {"HUB_PASSWORD": "GATEWAY_PASSWORD", "HUB_REPLICA_PASSWORD": "REPLICA_PASSWORD"}
    for theirs, ours in (passwords | {"HUB_OPERATOR_PASSWORD": "OPERATOR_PASSWORD"}).items():
        shipped = shipped.replace(f"${{{theirs}:?see env.example}}", ours)
    assert shipped.splitlines() == [line for line in example.splitlines() if line and line[0] != "#"]


@pytest.mark.parametrize("name", ["least", "most"])
def test_what_was_rendered_and_checked_is_the_chart_as_it_is(name: str) -> None:
    first = (RENDERED / f"{name}.yaml").read_text().splitlines()[0]
    assert first.endswith(chart_mark()), "the chart changed: run deploy/check"


@pytest.mark.parametrize("name", ["least", "most"])
def test_a_pod_has_probes_and_time_to_drain_and_no_more_rights_than_it_needs(name: str) -> None:
    found = manifests(name)
    pod = found["Deployment"]["spec"]["template"]["spec"]
    [gateway] = pod["containers"]
    config = found["ConfigMap"]["data"]
    waits_s = int(gateway["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] >= waits_s + int(config["NEARBY_DRAIN_S"]) + CUT_OFF_S
    paths = {probe: gateway[probe]["httpGet"]["path"] for probe in gateway if probe.endswith("Probe")}
    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    assert pod["securityContext"]["runAsNonRoot"]
    assert gateway["securityContext"]["readOnlyRootFilesystem"]
    assert names_of_settings(config) <= set(Settings.model_fields)
    ports = {port["name"]: port["containerPort"] for port in gateway["ports"]}
    assert ports == {"phones": Settings.model_fields["port"].default, "metrics": 8081}


@pytest.mark.parametrize("name", ["least", "most"])
def test_everything_in_the_chart_is_about_the_same_pods(name: str) -> None:
    found = manifests(name)
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert found["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_settings_of_the_charts_values_are_settings() -> None:
    values = read(CHART / "values.yaml")
    assert set(values["config"]) <= set(Settings.model_fields)
    assert values["drainSeconds"] <= 20
