"""Weights that are not on this machine yet: whether their host can be reached, and nothing half-downloaded is ever used."""

import json
import threading
from pathlib import Path
from queue import Empty, Queue
from socket import create_connection
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import torch
from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import HFValidationError, HTTPError, LocalEntryNotFoundError, RepositoryNotFoundError
from torch import Tensor

from dashboard.models.classifier import ModelError
from dashboard.models.device import Report
from dashboard.models.proxy import proxy_of

PATIENCE = 2  # seconds; a download by itself takes over twenty to find out that there is no network
WANTED = {"allow_patterns": ["*.json", "*.safetensors"]}


def torchvision_state(name: str, weights: Any, report: Report) -> dict[str, Tensor]:
    """The state dict of torchvision's weights, checked against its hash; it moves to its place only when it is whole.

    Raises:
        ModelError: it is not on this machine and can't be had.
    """
    cached = Path(torch.hub.get_dir(), "checkpoints", Path(urlsplit(weights.url).path).name)
    if not cached.exists():
        require_network(weights.url, name)
        report(f"Downloading {name} from torchvision ({weights.meta['_file_size']:.0f} MB) …")
    try:
        return weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (URLError, OSError, RuntimeError, EOFError) as error:
        raise ModelError(f"{name} could not be downloaded whole, and no part of it is kept: {error}.") from error


def hub_folder(name: str, title: str, report: Report) -> Path:
    """The folder of a hub model, downloaded where it is not whole on this machine.

    Raises:
        ModelError: the name is no hub id, or the hub can't be reached, or lacks what is needed.
    """
    try:
        folder = Path(snapshot_download(name, local_files_only=True, **WANTED))
        if is_whole(folder):
            return folder
    except HFValidationError as error:
        raise ModelError(f"{name[:80]!r} is no hub id and no folder below DASHBOARD_MODELS.") from error
    except LocalEntryNotFoundError:
        pass  # not downloaded before: the hub is next
    require_network(constants.ENDPOINT, title)
    report(f"Downloading {name} from the Hugging Face hub …")
    try:
        return Path(snapshot_download(name, **WANTED))
    except RepositoryNotFoundError as error:
        raise ModelError(f"{name} is not on the Hugging Face hub, or not for everybody: expected <owner>/<model>.") from error
    except (OSError, HTTPError) as error:
        raise ModelError(f"{name} can't be had from the Hugging Face hub: {str(error).strip().splitlines()[0]}") from error


def is_whole(folder: Path) -> bool:
    """Whether a model folder has its configuration and every file of its weights."""
    index = folder / "model.safetensors.index.json"
    if not (folder / "config.json").exists() or not (folder / "preprocessor_config.json").exists():
        return False
    if not index.exists():
        return any(folder.glob("*.safetensors"))
    return all((folder / shard).exists() for shard in set(json.loads(index.read_text())["weight_map"].values()))


def require_network(url: str, title: str) -> None:
    """Asks a url's host for a connection, the name's lookup included, within PATIENCE seconds; behind a proxy, the proxy.

    Raises:
        ModelError: there is none, or the proxy's variable is malformed.
    """
    parts = urlsplit(url)
    wanted = proxy_of(url) or (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    answer: Queue[OSError | None] = Queue()
    threading.Thread(target=_connect, args=(wanted, answer), daemon=True).start()
    try:
        error = answer.get(timeout=PATIENCE)
    except Empty:
        error = TimeoutError(f"no answer within {PATIENCE} seconds")
    if error is not None:
        raise ModelError(
            f"{title} is not on this machine and {wanted[0]} can't be reached: "
            "put its files below the folder that DASHBOARD_MODELS names, or use the bundled models."
        ) from error


def _connect(address: tuple[str, int], answer: "Queue[OSError | None]") -> None:
    try:
        create_connection(address, timeout=PATIENCE).close()
    except OSError as error:
        answer.put(error)
    else:
        answer.put(None)
