"""The files of models on this machine: which files may be opened, how large they may be, and what they hold.

Only regular files are opened, only of a stated size, and never one outside the folder of the models, wherever links lead.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from io import RawIOBase
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from dashboard.models.classifier import ModelError, said, unusable
from dashboard.models.device import Report, silent
from dashboard.numbers import MEGABYTE, in_megabytes
from dashboard.settings import settings

JSON_BYTES = 8 * MEGABYTE  # the names of ImageNet-21k's 21,841 classes take 2 MB
JSON_DEPTH = 20  # objects and lists within each other
HEADER_BYTES = 8 * MEGABYTE  # of a safetensors file: a ViT-g's takes 0.1 MB
WEIGHT_ELEMENTS = 2_000_000_000  # numbers in all of a checkpoint's weights: 8 GB in float32
SHARDS = 200
LISTED_DEPTH, LISTED_ENTRIES = 4, 20_000  # levels and entries of DASHBOARD_MODELS that are searched
SHARD_NAME = re.compile(r"[\w-][\w.-]*\.safetensors", re.ASCII)
SURROGATES = re.compile("[\ud800-\udfff]")

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
NO_WEIGHTS = f"{{}} holds no safetensors weights: other formats can run code and are not opened. Expected {WEIGHTS} or {INDEX}."


def local_path(name: str) -> Path | None:
    """The path of the file or folder `name` below `DASHBOARD_MODELS`, or None where there is none, or where links or `..`
    lead out of it.
    """
    root = settings().models
    return None if root is None else _below(root.resolve(), name)


def local_folder(name: str) -> Path | None:
    """The folder called `name` below `DASHBOARD_MODELS`, or None where nothing is called so.

    Raises:
        ModelError: `name` is no folder.
    """
    path = local_path(name)
    if path is not None and not path.is_dir():
        raise ModelError(f"{name} below DASHBOARD_MODELS is no folder: expected one with config.json and {WEIGHTS}.")
    return path


def local_state(name: str) -> Path | None:
    """The file `<name>.safetensors` in `DASHBOARD_MODELS`, or None where nothing is called so.

    Raises:
        ModelError: what is called so is no regular file.
    """
    path = local_path(f"{name}.safetensors")
    return None if path is None else _regular(path, f"{name}.safetensors")


def own_files() -> list[Path]:
    """The configurations and weights below `DASHBOARD_MODELS`, as paths relative to it.

    Linked folders are left out, and so is what lies deeper than LISTED_DEPTH or after LISTED_ENTRIES.
    """
    root = settings().models
    if root is None:
        return []
    base = root.resolve()
    return [path for path in _listed(base) if path.as_posix().isprintable() and _is_regular(base, path)]


def weight_of(path: Path) -> int | None:
    """The bytes of a file of weights below `DASHBOARD_MODELS`, or of all of them in a folder; None where there are none.

    Links that lead out of it don't count: nothing outside is measured.
    """
    root = settings().models
    found = [path] if path.is_file() else path.glob("*.safetensors")
    files = [] if root is None else [file for file in found if _is_regular(root.resolve(), file)]
    try:
        return sum(file.stat().st_size for file in files) or None
    except OSError:  # deleted meanwhile, or a link that leads nowhere
        return None


def read_json(folder: Path, name: str, root: Path, title: str) -> dict[str, Any] | None:
    """A JSON object from a file in a folder, or None where there is no such file. Lone surrogates in its texts, which can't be
    shown, are replaced.

    Raises:
        ModelError: the file holds no JSON object, or is too large; the text says what was expected.
    """
    path = _below(root, folder / name)
    if path is None:
        if os.path.lexists(folder / name):
            raise unusable(title, f"{name} is a link that leads nowhere, or out of the folder of the models.")
        return None
    try:
        found = _without_surrogates(json.loads(_content(path)))
    except (ValueError, RecursionError, OSError) as error:
        raise unusable(title, f"{name} is no JSON file that can be read: {said(error)}") from error
    if not isinstance(found, dict):
        raise unusable(title, f"{name} should hold a JSON object, not a {type(found).__name__}.")
    return found


def weights_of(folder: Path, root: Path, title: str, report: Report = silent) -> dict[str, Tensor]:
    """The tensors of a Hugging Face folder, from one file or from those that its index names. `report` is told how far it is.

    Raises:
        ModelError: they are missing, damaged, or too large; the text says what was expected.
    """
    index = None if os.path.lexists(folder / WEIGHTS) else read_json(folder, INDEX, root, title)
    names = [WEIGHTS] if index is None else _shards(index)
    if index is None and not os.path.lexists(folder / WEIGHTS):
        raise ModelError(NO_WEIGHTS.format(title))
    paths = {}
    for name in names:
        path = _below(root, folder / name)
        if path is None:
            raise ModelError(f"{title}: {name} is missing, or a link that leads out of the folder of the models.")
        paths[name] = _regular(path, name)
    most, read = WEIGHT_ELEMENTS, counted_bytes(sum(path.stat().st_size for path in paths.values()), report)
    state: dict[str, Tensor] = {}
    for name, path in paths.items():
        state |= state_of(path, name, most, read)
        most = WEIGHT_ELEMENTS - sum(tensor.numel() for tensor in state.values())
    return state


def counted(whole: int, report: Report) -> Callable[[int], None]:
    """A function that adds so many bytes to those that have been read, and tells `report` how many of the `whole` they are."""
    done = 0

    def came(count: int) -> None:
        nonlocal done
        done += count
        report(f"Reading its weights: {in_megabytes(min(done, whole))} of {in_megabytes(whole)}")

    return came


def counted_bytes(whole: int, report: Report) -> Callable[[Tensor], Tensor]:
    """A function that gives each tensor back, and tells `report` how many bytes of the `whole` have been read."""
    came = counted(whole, report)

    def read(tensor: Tensor) -> Tensor:
        came(tensor.nbytes)
        return tensor

    return read


class CountedFile(RawIOBase):
    """A file that tells `report` how many of its bytes have been read.

    Torch's C code reads it, and would replace an exception by one of its own. So the error by which `report` ends the reading
    waits in `left`.
    """

    def __init__(self, path: Path, report: Report) -> None:
        self._file, self._came = path.open("rb", buffering=0), counted(path.stat().st_size, report)
        self.left: ModelError | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int | None:
        count = self._file.readinto(buffer)
        if count and self.left is None:
            try:
                self._came(count)
            except ModelError as left:
                self.left = left
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def state_of(
    path: Path, name: str, most: int = WEIGHT_ELEMENTS, read: Callable[[Tensor], Tensor] = lambda tensor: tensor
) -> dict[str, Tensor]:
    """The tensors of a safetensors file as float32, copied to memory: the file may change while the model is in use. Each is
    passed through `read`.

    Raises:
        ModelError: the file is damaged, or holds more than `most` numbers.
    """
    try:
        with path.open("rb") as file:
            header = int.from_bytes(file.read(8), "little")
        if header > HEADER_BYTES:
            raise ModelError(f"{name} is damaged or cut short, or its header is larger than {in_megabytes(HEADER_BYTES)}.")
        with safe_open(path, framework="pt") as file:
            keys = list(file.keys())
            held = sum(_count(file.get_slice(key).get_shape()) for key in keys)
            if held > most:
                raise ModelError(f"{name}: at most {WEIGHT_ELEMENTS / 1e9:.0f} billion weights are loaded, this has {held:,}.")
            return {key: _own(read(file.get_tensor(key))) for key in keys}
    except SafetensorError as error:
        raise ModelError(f"{name}: the weights are damaged or cut short ({said(error)}).") from error


def _count(shape: list[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _own(tensor: Tensor) -> Tensor:
    return tensor.float().clone() if tensor.is_floating_point() else tensor.clone()


def _shards(index: dict[str, Any]) -> list[str]:
    names = index.get("weight_map")
    if not isinstance(names, dict) or not names:
        raise ModelError(f"{INDEX}: expected weight_map to say which file holds each of the weights.")
    shards = {str(name) for name in names.values()}
    wrong = sorted(name for name in shards if not SHARD_NAME.fullmatch(name))
    if wrong:
        raise ModelError(f"{INDEX}: expected names of safetensors files in the same folder, got {wrong[0][:80]!a}.")
    if len(shards) > SHARDS:
        raise ModelError(f"{INDEX}: expected at most {SHARDS} files of weights, got {len(shards):,}.")
    return sorted(shards)


def _below(root: Path, name: Path | str) -> Path | None:
    try:
        path = (root / name).resolve()
        return path if path.exists() and path != root and path.is_relative_to(root) else None
    except (OSError, ValueError, RuntimeError):  # too long, a null byte, a lone surrogate, links in a circle
        return None


def _regular(path: Path, name: str) -> Path:
    if not path.is_file():  # a process that opens a pipe waits until another one writes to it
        raise ModelError(f"{name} is no regular file: expected one with weights in the safetensors format.")
    return path


def _is_regular(base: Path, name: Path) -> bool:
    path = _below(base, name)
    return path is not None and path.is_file()


def _content(path: Path) -> str:
    """A file's text. The file is opened without waiting, and its kind is checked on the open file, which can't be exchanged for
    another any more.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        data = file.read(JSON_BYTES + 1)
    if len(data) > JSON_BYTES:
        raise ValueError(f"it is larger than {in_megabytes(JSON_BYTES)}")
    return data.decode("utf-8-sig")


def _without_surrogates(value: Any, depth: int = 0) -> Any:
    if depth > JSON_DEPTH:
        raise ValueError(f"expected at most {JSON_DEPTH} objects within each other")
    if isinstance(value, str):
        return SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(each, depth + 1) for key, each in value.items()}
    return value


def _listed(base: Path) -> Iterator[Path]:
    """The configurations and weights below a folder, as paths relative to it, level by level."""
    level, left = [Path()], LISTED_ENTRIES
    for _ in range(LISTED_DEPTH + 1):
        deeper = []
        for folder in level:
            for entry in _entries(base / folder):
                left -= 1
                if left < 0:
                    return
                if entry.is_dir(follow_symlinks=False):
                    deeper.append(folder / entry.name)
                elif entry.name == "config.json" or entry.name.endswith(".safetensors"):
                    yield folder / entry.name
        level = deeper


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:  # the folder may not be read, or has been deleted meanwhile
        return
