"""The configuration: what is refused, in which words, and where secrets come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edged.config import (
    CameraConfig,
    Config,
    GalleryConfig,
    MqttConfig,
    find_config,
    gallery_path,
    read_camera_password,
    read_config,
    read_password,
)
from edged.errors import ConfigError


def problem(tmp_path: Path, text: str) -> str:
    """The sentence with which a file is refused."""
    file = tmp_path / "edged.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_config(file)
    assert refused.value.exit_code == 78
    return str(refused.value).removeprefix(f"{file}: ")


SOURCES = ("0", "/dev/video0", "picamera", "picamera:1", "argus:1", "rtsp://cam.lan/1", "snapshot+http://cam/1", "/a/b.mp4", "~/b.mp4", "")
"""Sources of cameras that stand as they are wherever the file is."""


def test_no_file_at_all_is_a_working_configuration() -> None:
    config = read_config(None)
    assert (config.mqtt.host, config.mqtt.port, config.camera[0].source) == ("localhost", 1883, "0")


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "edged.toml"
    file.write_text('[mqtt]\nhost = "broker.lan"\n[[camera]]\nname = "front"\n[[camera]]\nname = "back"\nsource = "1"\n')
    config = read_config(file)
    assert config.mqtt.host == "broker.lan"
    assert [(camera.name, camera.source) for camera in config.camera] == [("front", "0"), ("back", "1")]
    assert config.recognition == Config().recognition


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[device]\nid = "My Door"', ["device.id", "small letters", "given: 'My Door'"]),
        ('[mqtt]\nhots = "x"', ["mqtt.hots", "no such key", "did you mean 'host'?"]),
        ("[mqtt]\nport = 70000", ["mqtt.port", "less than or equal to 65535", "given: 70000"]),
        ('[mqtt]\nprefix = "a/#"', ["mqtt.prefix", "neither '#' nor '+'"]),
        ('[mqtt]\nprefix = "/a"', ["mqtt.prefix", "neither begins nor ends"]),
        ("[mqtt]\ntls = true\nclient_key = 'k'", ["client_certificate and client_key go together"]),
        ("[mqtt]\nca_file = 'ca'", ["need tls = true"]),
        ("[mqtt", ["is not TOML"]),
        ("[mqtt]\nport = '1883'", ["mqtt.port: write a whole number (given: '1883')"]),
        ("[mqtt]\nport = true", ["mqtt.port: write a whole number (given: True)"]),
        ("[mqtt]\ntls = 'yes'", ["mqtt.tls: write true or false (given: 'yes')"]),
        ("[mqtt]\nhost = 1", ["mqtt.host: write text in quotes (given: 1)"]),
        ("[mqt]\nport = 1", ["mqt", "did you mean 'mqtt'?"]),
        ('[[camera]]\nsuorce = "0"', ["camera.1.suorce", "did you mean 'source'?"]),
        ('[[camera]]\nname = "a"\n[[camera]]\nname = "a"', ["two cameras are called 'a'"]),
        ('[[camera]]\nname = "health"', ["cannot be called 'health'"]),
        ("[[camera]]\nmargin = 0.6", ["camera.1.margin", "less than or equal to 0.5", "given: 0.6"]),
        ("[[camera]]\ntrigger_level = 3", ["camera.1.trigger_level", "no such key"]),
        ("camera = []", ["camera", "at least 1"]),
        ("[[camera]]\nsource = 0", ["camera.1.source: write text in quotes (given: 0)"]),
        ("[[camera]]\naspect = 'wide'", ["camera.1.aspect: write width to height", '"16:9"', "given: 'wide'"]),
        ("[[camera]]\naspect = '16:0'", ["camera.1.aspect: no picture is so oblong", "given: '16:0'"]),
        ("[[camera]]\naspect = 1.78", ["camera.1.aspect: write text in quotes (given: 1.78)"]),
        ('[[camera]]\nusername = "me"', ["camera.1: username and password_file are for a source with an address"]),
        ('[[camera]]\nsource = "rtsp://me:secret@cam/1"\nusername = "me"', ["camera.1: username and password_file stand beside a source"]),
        ('[[camera]]\nsource = "rtsp://cam/1"\npassword_file = "p"', ["camera.1: password_file needs a username"]),
        (
            '[[camera]]\nsource = "http://cam/1?user={username}"\nusername = "u"\npassword_file = "p"',
            ["camera.1: the source has {username} and nowhere {password}"],
        ),
        ('[[camera]]\ndecoder = "cuda"', ["camera.1.decoder", "'auto', 'software'", "given: 'cuda'"]),
        ("[[camera]]\n[camera.picamera]\nfocus_meters = 1.0", ["camera.1.picamera.focus_meters", "did you mean 'focus_metres'?"]),
        ("[[camera]]\nrotate = 45", ["camera.1.rotate", "0, 90, 180 or 270", "given: 45"]),
        ("[[camera]]\nflip = 1", ["camera.1.flip: write true or false (given: 1)"]),
        ("[[camera]]\nzone = 5", ["camera.1.zone: write a list in brackets (given: 5)"]),
        ("[[camera]]\nzone = [[0, 0], [1, 1]]", ["camera.1.zone", "at least three corners"]),
        ("[[camera]]\nzone = [[0, 0.1], [0.5, 0.2], [1, 0.3]]", ["camera.1.zone", "on one line"]),
        ("[[camera]]\nzone = [[0, 0], [1, nan], [0, 1]]", ["camera.1.zone.2.2", "given: nan"]),
        ("[recognition]\nmatch_threshold = 0.05", ["recognition.match_threshold", "0.2"]),
        ("[recognition]\nmargin = nan", ["recognition.margin", "given: nan"]),
        ("[models]\nthreads = 0", ["models.threads", "1"]),
        ("[limits]\nmax_cpu_percent = 'half'", ["limits.max_cpu_percent: write a number (given: 'half')"]),
        ("gallery = 3", ["gallery: is a section; write [gallery]"]),
        ("[gallery]\npath = 5", ["gallery.path: write a path in quotes (given: 5)"]),
        ("[log]\nzzz = 1", ["log.zzz", "known here: level"]),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_is_allowed(tmp_path: Path, text: str, words: list[str]) -> None:
    sentence = problem(tmp_path, text)
    assert all(word in sentence for word in words), sentence


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    assert len(problem(tmp_path, "[mqtt]\nport = 0\n[models]\nthreads = 0").splitlines()) == 2


def test_a_mistake_in_a_camera_is_told_once(tmp_path: Path) -> None:
    assert len(problem(tmp_path, "[[camera]]\nwidth = 'wide'").splitlines()) == 1


def test_a_whole_number_is_a_number_and_text_a_path(tmp_path: Path) -> None:
    file = tmp_path / "edged.toml"
    file.write_text('[gallery]\npath = "g.db"\n[limits]\nmax_cpu_percent = 50\n[[camera]]\nzone = [[0, 0], [1, 0], [1, 1]]\n')
    config = read_config(file)
    assert (config.gallery.path, config.limits.max_cpu_percent) == (tmp_path / "g.db", 50.0)
    assert config.camera[0].zone == ((0, 0), (1, 0), (1, 1))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot be read"):
        read_config(tmp_path / "gone.toml")


def test_systemds_directories_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "edged.toml").touch()
    monkeypatch.setenv("CONFIGURATION_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    assert find_config() == tmp_path / "edged.toml"
    assert gallery_path(GalleryConfig()) == tmp_path / "gallery.db"
    assert gallery_path(GalleryConfig(path=tmp_path / "other.db")) == tmp_path / "other.db"


@pytest.mark.parametrize("used", ["CONFIGURATION_DIRECTORY", "CREDENTIALS_DIRECTORY"])
def test_a_folder_that_may_not_be_entered_is_told(used: str, closed_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(used, str(closed_folder))
    with pytest.raises(ConfigError, match=r"closed/.*: cannot be looked at \(Permission denied\)"):
        find_config() if used == "CONFIGURATION_DIRECTORY" else read_password(MqttConfig())


def test_a_user_without_a_home_is_told_to_name_a_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for variable in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(ConfigError, match=r"set gallery\.path"):
        gallery_path(GalleryConfig())


def test_the_password_comes_from_file_credential_or_environment_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_password(MqttConfig()) is None
    monkeypatch.setenv("EDGED_MQTT_PASSWORD", "from environment")
    assert read_password(MqttConfig()) == "from environment"
    (tmp_path / "mqtt_password").write_text("from credential\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_password(MqttConfig()) == "from credential"
    (tmp_path / "own").write_text("from file\nand no more")
    assert read_password(MqttConfig(password_file=tmp_path / "own")) == "from file"
    with pytest.raises(ConfigError, match="password_file"):
        read_password(MqttConfig(password_file=tmp_path / "gone"))


def test_the_password_of_a_camera_comes_from_its_file_or_a_credential_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address, marked = "rtsp://cam/1", "http://cam/snap?token={password}"
    assert read_camera_password(CameraConfig(source=address, username="me")) is None
    monkeypatch.setenv("EDGED_CAMERA_PASSWORD_front", "from environment")
    assert read_camera_password(CameraConfig(name="front", source=address, username="me")) == "from environment"
    assert read_camera_password(CameraConfig(name="back", source=address, username="me")) is None
    (tmp_path / "camera_front").write_text("from credential\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_camera_password(CameraConfig(name="front", source=address, username="me")) == "from credential"
    assert read_camera_password(CameraConfig(name="front", source=marked)) == "from credential"
    assert read_camera_password(CameraConfig(name="front", source=address)) is None
    (tmp_path / "own").write_text("from file\nand no more")
    assert read_camera_password(CameraConfig(name="front", source=address, username="me", password_file=tmp_path / "own")) == "from file"
    with pytest.raises(ConfigError, match=r"camera front: password_file: .*gone cannot be read"):
        read_camera_password(CameraConfig(name="front", source=address, username="me", password_file=tmp_path / "gone"))


def test_a_camera_s_password_is_not_repeated(tmp_path: Path) -> None:
    for text in (
        '[camera]\nsource = "rtsp://me:secret@cam/1"',
        '[[camera]]\nsource = ["rtsp://me:secret@cam/1"]',
        '[mqtt]\nport = "rtsp://me:secret@x"',
        '[[camera]]\nsource = "rtsp://me:secret@cam/1"\nusername = "me"',
    ):
        assert "secret" not in problem(tmp_path, text)
    assert "write [[camera]], with double brackets" in problem(tmp_path, '[camera]\nname = "front"')


def test_a_password_has_no_place_in_the_file(tmp_path: Path) -> None:
    sentence = problem(tmp_path, '[mqtt]\npassword = "secret"')
    assert "mqtt.password: no such key" in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize(
    ("text", "host", "port", "tls"),
    [
        ('host = " broker.lan "', "broker.lan", 1883, False),
        ('host = "broker.lan:1884"', "broker.lan", 1884, False),
        ('host = "mqtt://broker.lan"', "broker.lan", 1883, False),
        ('host = "mqtt://broker.lan:1884/"', "broker.lan", 1884, False),
        ('host = "MQTTS://broker.lan"', "broker.lan", 8883, True),
        ('host = "mqtts://broker.lan"\nport = 8884', "broker.lan", 8884, True),
        ('host = "ssl://10.0.0.2:8884"', "10.0.0.2", 8884, True),
        ('host = "[::1]:1884"', "::1", 1884, False),
        ('host = "[fe80::1%eth0]"', "fe80::1%eth0", 1883, False),
        ('host = "[fe80::1%25eth0]:1884"', "fe80::1%eth0", 1884, False),
        ('host = "::1"', "::1", 1883, False),
        ('host = "192.168.1.2"', "192.168.1.2", 1883, False),
        ('host = "mosquitto_1"', "mosquitto_1", 1883, False),
        ('host = "bücher.lan."', "bücher.lan.", 1883, False),
        ('host = "broker.lan:1884"\nport = 1884', "broker.lan", 1884, False),
    ],
)
def test_the_address_of_a_broker_is_understood_however_it_is_written(tmp_path: Path, text: str, host: str, port: int, *, tls: bool) -> None:
    file = tmp_path / "edged.toml"
    file.write_text(f"[mqtt]\n{text}\n", encoding="utf-8")
    mqtt = read_config(file).mqtt
    assert (mqtt.host, mqtt.port, mqtt.tls) == (host, port, tls)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('host = "broker.lan:1884"\nport = 1883', "host says port = 1884, and port = 1883 stands beside it"),
        ('host = "mqtts://broker.lan"\ntls = false', "host says tls = true, and tls = false"),
        ('host = "mqtt://me:secret@broker.lan"', "mqtt.host: write the name or address alone"),
        ('host = "ws://broker.lan:9001"', "WebSockets are not spoken"),
        ('host = "wss://broker.lan/mqtt"', "WebSockets are not spoken"),
        ('host = "http://broker.lan"', "mqtt.host: write the name"),
        ('host = "broker lan"', "mqtt.host: write a name or an address"),
        ('host = "broker.lan:"', "the port goes to port"),
        ('host = "broker.lan:port"', "the port goes to port"),
        ('host = "broker.lan/mqtt"', "mqtt.host: write a name or an address"),
        ('host = "  "', "mqtt.host: write a name or an address"),
        *(
            (f"host = '{host}'", "mqtt.host: write a name or an address")
            for host in (
                *(
                    "1883",
                    "192.168.1",
                    "192.168.1.256",
                    "192.168.01.1",
                    "0x7f.1",
                    "broker::1883",
                    "broker:1883:1884",
                    "fe80::1%",
                    "[broker]",
                ),
                *(".lan", "broker..lan", "a" * 64, "a.lan," * 2, '"broker"', "<broker>", "*", "broker\u200b", "a." * 130 + "lan"),
            )
        ),
        ('host = "me:secret@broker.lan"', "mqtt.host: write the name or address alone"),
        ('host = "broker.lan:70000"', "mqtt.port"),
    ],
)
def test_an_address_that_is_none_is_refused_with_the_right_form(tmp_path: Path, text: str, words: str) -> None:
    sentence = problem(tmp_path, f"[mqtt]\n{text}\n")
    assert words in sentence
    assert "secret" not in sentence


def test_files_of_windows_are_read(tmp_path: Path) -> None:
    file, password = tmp_path / "edged.toml", tmp_path / "password"
    file.write_bytes(b'\xef\xbb\xbf[mqtt]\r\nhost = "broker.lan"\r\n')
    assert read_config(file).mqtt.host == "broker.lan"
    password.write_bytes("\ufeffpässword\r\n".encode())
    assert read_password(MqttConfig(password_file=password)) == "pässword"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_file_is_read_in_what_its_byte_order_mark_says(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "edged.toml"
    file.write_bytes('[mqtt]\r\nusername = "Jürgen"\r\n'.encode(encoding))
    assert read_config(file).mqtt.username == "Jürgen"
    file.write_bytes("pässword\r\n".encode(encoding))
    assert read_password(MqttConfig(password_file=file)) == "pässword"
    file.write_bytes("[mqtt]\n".encode("utf-16-le"))
    with pytest.raises(ConfigError, match=r"holds zero bytes, .* if it is UTF-16: iconv"):
        read_config(file)


@pytest.mark.parametrize(
    "text", ["[mqtt]\nhost = broker.lan", "[mqtt]\ntls = True", "[recognition]\nmatch_threshold = 0,45", "mqtt:\n  port: 1883"]
)
def test_what_is_no_toml_is_told_with_what_is_most_often_wrong(tmp_path: Path, text: str) -> None:
    assert "Text and paths stand in quotes, a number has a point and no comma, and a switch is true or false" in problem(tmp_path, text)


@pytest.mark.parametrize("encoding", ["latin-1"])
def test_a_file_that_is_not_utf_8_is_told_so(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "edged.toml"
    file.write_bytes('[mqtt]\nusername = "Jürgen"\n'.encode(encoding))
    with pytest.raises(ConfigError, match="is not UTF-8; save the file as UTF-8"):
        read_config(file)
    with pytest.raises(ConfigError, match=f"{file}: line"):
        read_password(MqttConfig(password_file=file))


def test_paths_do_not_depend_on_where_edged_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, home = tmp_path / "etc", tmp_path / "home"
    folder.mkdir()
    (folder / "edged.toml").write_text(
        '[mqtt]\npassword_file = "secrets/password"\ntls = true\nca_file = "~/ca.crt"\n[gallery]\npath = "gallery.db"\n'
        '[models]\ndirectory = "../models"\ndelegate = "libedgetpu.so.1"\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    for file in (folder / "edged.toml", Path("etc/edged.toml")):
        config = read_config(file)
        assert gallery_path(config.gallery) == folder / "gallery.db"
        assert config.mqtt.password_file == folder / "secrets" / "password"
        assert config.mqtt.ca_file == home / "ca.crt"
        assert config.models.directory == folder / ".." / "models"
        assert config.models.delegate == Path("libedgetpu.so.1")


@pytest.mark.parametrize("delegate", ["lib/own.so", "./own.so", "../own.so"])
def test_a_library_with_a_folder_is_placed_too(tmp_path: Path, delegate: str) -> None:
    (tmp_path / "edged.toml").write_text(f'[models]\ndelegate = "{delegate}"\n')
    assert read_config(tmp_path / "edged.toml").models.delegate == tmp_path / delegate


@pytest.mark.parametrize(
    ("source", "place"),
    [("clip.mp4", "{}/clip.mp4"), ("./a/b", "{}/a/b"), *((text, text) for text in SOURCES)],
)
def test_the_file_of_a_camera_is_placed_and_nothing_else(tmp_path: Path, source: str, place: str) -> None:
    (tmp_path / "edged.toml").write_text(f'[[camera]]\nsource = "{source}"\n')
    assert read_config(tmp_path / "edged.toml").camera[0].source == place.format(tmp_path)
    (tmp_path / "edged.toml").write_text(f'[[camera]]\nsource = "{source}"\npipeline = "play {{source}}"\n')
    assert read_config(tmp_path / "edged.toml").camera[0].source == source


@pytest.mark.parametrize("path", ["", "$HOME/gallery.db", "%h/gallery.db", "file:///var/lib/gallery.db"])
def test_what_is_written_like_no_path_makes_no_folder_of_that_name(tmp_path: Path, path: str) -> None:
    assert "gallery.path: write " in problem(tmp_path, f'[gallery]\npath = "{path}"\n')


def test_a_home_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "gallery.path: '~' stands for a home directory" in problem(tmp_path, '[gallery]\npath = "~nobody-of-this-name/gallery.db"\n')


@pytest.mark.parametrize("topic_filter", ["a", "a/b", "+/a", "a/+/b", "#", "a/#", "+", "/a", "Ünï code/x"])
def test_a_filter_of_response_topics_is_one_of_mqtt(topic_filter: str) -> None:
    assert Config.model_validate({"mqtt": {"response_topics": [topic_filter]}}).mqtt.response_topics == (topic_filter,)


@pytest.mark.parametrize("topic_filter", ["", "a#", "a/#/b", "a+/b", "$SYS/#", "a\nb"])
def test_a_filter_that_is_none_is_refused_with_an_example(tmp_path: Path, topic_filter: str) -> None:
    file = tmp_path / "edged.toml"
    file.write_text(f"[mqtt]\nresponse_topics = [{json.dumps(topic_filter)}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mqtt.response_topics.1: a topic filter may have .* as in"):
        read_config(file)


@pytest.mark.parametrize(("key", "near"), [("exports", "export"), ("imports", "import"), ("import_", "import")])
def test_a_misspelt_verb_names_the_nearest_one(tmp_path: Path, key: str, near: str) -> None:
    file = tmp_path / "edged.toml"
    file.write_text(f"[mqtt.allow]\n{key} = true\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"mqtt.allow.{key}: no such key; did you mean '{near}'"):
        read_config(file)
