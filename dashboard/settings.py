"""What the server's owner decides: every environment variable of the project, read and checked in one place.

A setting is a field of `Settings`: `models` is `DASHBOARD_MODELS`. An empty variable is one that is not set.
"""

import os
import re
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

DEVICE = re.compile(r"cpu|mps|cuda(:[0-9]{1,2})?")
LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"  # one part of a host's name, between dots
NAME = rf"({LABEL}\.)*{LABEL}|[0-9a-f:.]*:[0-9a-f:.]*"  # the second is an IPv6 address, without its brackets
HOST = re.compile(rf"\*|(\*\.)?({NAME})")
ORIGIN = re.compile(rf"\*|https?://(\*\.)?(({LABEL}\.)*{LABEL}|\[[0-9a-f:.]+\])(:[0-9]{{1,5}})?")


class SettingError(ValueError):
    """An environment variable has a value that is not allowed; the text is one sentence for the server's owner."""


def folder(name: str, text: str) -> Path | None:
    """The folder that a setting names, or None where the setting is empty.

    Raises:
        SettingError: there is no such folder.
    """
    if not text:
        return None
    if "\0" in text or not Path(text).is_dir():
        raise SettingError(f"expected {name} to name a folder, got {text!r}")
    return Path(text)


def device(name: str, text: str) -> str:
    """A device by its name in torch. Whether this machine has such a device is checked by `chosen_device`.

    Raises:
        SettingError: the text names no kind of device.
    """
    if text and not DEVICE.fullmatch(text):
        raise SettingError(f"expected {name} to name one of cpu, cuda, cuda:<number> or mps, got {text!r}")
    return text


def whole(low: int, high: int, default: int) -> Callable[[str, str], int]:
    """A reader of whole numbers from `low` to `high`.

    Raises (the reader):
        SettingError: the text is no such number.
    """

    def read(name: str, text: str) -> int:
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,15}", text) or not low <= int(text) <= high:
            raise SettingError(f"expected {name} to be a whole number from {low:,} to {high:,}, got {text!r}")
        return int(text)

    return read


def several(pattern: re.Pattern[str], such_as: str) -> Callable[[str, str], tuple[str, ...]]:
    """A reader of values that match a pattern, in lower case, with commas or spaces between them.

    Raises (the reader):
        SettingError: a value does not match; `such_as` says what would.
    """

    def read(name: str, text: str) -> tuple[str, ...]:
        values = tuple(text.lower().replace(",", " ").split())
        if not all(map(pattern.fullmatch, values)):
            raise SettingError(f"expected {name} to be {such_as}, got {text!r}")
        return values

    return read


HOSTS = several(HOST, "names such as app.example.com, *.example.com or * for any, without scheme and port")
FRAMES = several(ORIGIN, "origins such as https://example.com, https://*.example.com or * for any")


@dataclass(frozen=True)
class Settings:
    """Every setting; the README says what each means.

    A field's reader turns the variable's text, empty where it is not set, into the value: `read(name, text)`.
    """

    models: Path | None = field(metadata={"read": folder})
    device: str = field(metadata={"read": device})
    hosts: tuple[str, ...] = field(metadata={"read": HOSTS})
    frames: tuple[str, ...] = field(metadata={"read": FRAMES})
    download_mb: int = field(metadata={"read": whole(0, 1_000_000, default=3_000)})


def variable(setting: "Field[Any]") -> str:
    """The environment variable of a field of `Settings`."""
    return f"DASHBOARD_{setting.name.upper()}"


def handed_on(**more: str) -> dict[str, str]:
    """The environment for a process that this one starts: this process's own variables, and `more`."""
    return os.environ | more


def settings() -> Settings:
    """The settings of this process, checked once for each state of its environment.

    Raises:
        SettingError: a variable has a value that is not allowed.
    """
    return _read(tuple(os.environ.get(variable(each), "") for each in fields(Settings)))


def put(**more: str) -> None:
    """Sets variables of this process's environment, as a command line asks for."""
    os.environ.update(more)


def put_unless_set(**more: str) -> None:
    """Sets those variables of this process's environment that the server's owner has not set."""
    for name, text in more.items():
        os.environ.setdefault(name, text)


@cache
def _read(texts: tuple[str, ...]) -> Settings:
    pairs = zip(fields(Settings), texts, strict=True)
    return Settings(**{each.name: each.metadata["read"](variable(each), text) for each, text in pairs})
