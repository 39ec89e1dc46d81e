import stat
from pathlib import Path

import pytest

from nearby.core.rules import Rules
from nearby.errors import ConfigError
from nearby.server.config import Settings, load_settings

KEY = "k" * 32
SHARED = {
    "hub_url": "redis+cluster://hub:6379",
    "database_url": "postgresql://nearby@db/nearby",
    "key": KEY,
    "store_secret": "s" * 32,
}
"""What servers have in common that share a hub."""


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"NEARBY_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def file_with(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "nearby.toml"
    path.write_text(text)
    return path


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_with(tmp_path, 'port = 1\nhost = "10.0.0.1"\nwindow_s = 30\ncors_origins = "https://a, https://b"')
    monkeypatch.setenv("NEARBY_PORT", "2")
    monkeypatch.setenv("NEARBY_HOST", "10.0.0.2")
    settings = load_settings({"port": 3, "host": None}, path)
    assert (settings.port, settings.host, settings.window_s) == (3, "10.0.0.2", 30)
    assert settings.cors_origins == ("https://a", "https://b")
    assert settings.metrics_port == 8081


def test_several_words_in_the_environment_are_split_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEARBY_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8,")
    assert load_settings({}).trusted_proxies == ("10.0.0.0/8", "fd00::/8")


def test_tags_are_a_list_in_the_file_and_words_anywhere_else(tmp_path: Path) -> None:
    assert load_settings({}, file_with(tmp_path, 'tags = ["tea", "board games"]')).tags == ("tea", "board games")
    assert len(load_settings({"tags": ",".join(f"tag{number}" for number in range(32))}).tags) == 32
    assert load_settings({}).tags == ()


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"port": 70_000}, "port"),
        ({"port": "http"}, "port"),
        ({"key": "short"}, "key"),
        ({"previous_key": KEY}, "previous_key"),
        ({"key": KEY, "previous_key": "short"}, "previous_key"),
        ({"guests": "maybe"}, "guests"),
        ({"guests": "on", "jwks": "keys.json"}, "guests"),
        ({"jwks": "ftp://keys"}, "jwks"),
        ({"trusted_proxies": "10.0.0.1/8"}, "trusted_proxies"),
        ({"trusted_proxies": "proxy.local"}, "trusted_proxies"),
        ({"tags": ",".join(f"tag{number}" for number in range(33))}, "tags"),
        ({"tags": "t" * 33}, "tags"),
        ({"window_s": 0}, "window_s"),
        ({"speed": 1_000, "window_s": 600}, "speed"),
        ({"speed": "nan"}, "speed"),
        ({"port": 9, "metrics_port": 9}, "metrics_port"),
        ({"colour": "red"}, "colour"),
        ({"database_url": "mysql://short/db"}, "database_url"),
        ({"database_url": "short"}, "database_url"),
        ({"database_url": "sqlite://"}, "database_url"),
        ({"database_url": "sqlite:///"}, "database_url"),
        ({"database_url": "postgresql://u:short#@host/db"}, "database_url"),
        ({"data_dir": "short?"}, "data_dir"),
        ({"workers": 2}, "workers"),
        ({"hub_url": "redis://hub"}, "hub_url"),
        ({**SHARED, "hub_url": "http://hub"}, "hub_url"),
        ({**SHARED, "database_url": "sqlite:////short.db"}, "hub_url"),
        ({**SHARED, "key": None}, "hub_url"),
        ({**SHARED, "store_secret": None}, "hub_url"),
        ({**SHARED, "keep": "off"}, "keep"),
        ({**SHARED, "workers": 2, "port": 0}, "workers"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence_that_does_not_repeat_it(
    given: dict[str, object], setting: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load_settings(given)
    assert error.value.setting == setting
    assert "\n" not in str(error.value)
    assert "short" not in str(error.value).removeprefix(setting)


@pytest.mark.parametrize("text", ["port = ", "\xff"])
def test_a_file_that_is_no_toml_is_a_wrong_setting(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match="config: "):
        load_settings({}, path)


def test_a_file_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings({}, tmp_path / "none.toml")


def test_the_embedded_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    settings = load_settings({"data_dir": str(tmp_path / "data")})
    secret = settings.secrets()
    assert settings.secrets() == secret
    assert len(secret[0]) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert load_settings({"data_dir": str(tmp_path / "other")}).secrets() != secret


def test_a_data_directory_that_cannot_be_used_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="data_dir: name a directory"):
        load_settings({"data_dir": str(tmp_path / "file")}).secrets()
    (tmp_path / "secret").write_text("too short")
    with pytest.raises(ConfigError, match="data_dir: the file secret"):
        load_settings({"data_dir": str(tmp_path)}).secrets()


def test_without_a_url_the_database_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    settings = load_settings({"data_dir": str(tmp_path / "data")})
    assert not (tmp_path / "data").exists()
    assert settings.store_url() == f"sqlite:///{tmp_path}/data/nearby.db"
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "url", ["sqlite:///a.db", "sqlite:////var/lib/a.db", "postgresql://u:p%23@h:5432/n?sslmode=require"]
)
def test_a_database_that_is_named_is_the_one_and_needs_no_data_directory(url: str, tmp_path: Path) -> None:
    settings = load_settings({"database_url": url, "data_dir": str(tmp_path / "data")})
    assert settings.store_url() == url
    assert not (tmp_path / "data").exists()


def test_an_operators_keys_replace_the_embedded_one_and_switch_guests_off(tmp_path: Path) -> None:
    both = load_settings({"key": KEY, "previous_key": "p" * 32, "data_dir": str(tmp_path)})
    assert both.secrets() == (KEY.encode(), b"p" * 32)
    assert not both.takes_guests()
    assert load_settings({"key": KEY, "guests": "on"}).takes_guests()
    assert load_settings({"jwks": "keys.json"}).secrets() == ()
    assert not load_settings({"jwks": "keys.json"}).takes_guests()
    assert load_settings({}).takes_guests()
    assert not load_settings({"guests": "off"}).takes_guests()


def test_the_defaults_are_the_products_rules() -> None:
    assert load_settings({}).rules() == Rules()


def test_window_speed_and_limits_change_the_rules() -> None:
    rules = load_settings({"window_s": 20}).rules()
    assert (rules.window_ms, rules.checkin.period_ms, rules.seat_hold_ms) == (20_000, 1_000, 60_000)
    assert load_settings({"speed": 60}).rules() == Rules().faster(60)
    assert load_settings({"limits": "off"}).rules() == Rules().unlimited()
