"""Weights of torchvision and of the Hugging Face hub: whether they are on this machine, and how they come here, whole."""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from io import BufferedReader
from pathlib import Path
from pickle import UnpicklingError
from queue import Empty, Queue
from socket import create_connection
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit

import torch
from huggingface_hub import constants, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import build_hf_headers, validate_repo_id
from torch import Tensor

from dashboard.models.classifier import ModelError
from dashboard.models.device import Report, silent
from dashboard.models.fetching import CHUNK, Download, fetch_file, read_small, reason, remove_old_parts
from dashboard.models.files import CountedFile
from dashboard.models.proxy import proxy_of

PATIENCE = 2  # seconds; a download alone would take over twenty to find that there is no network
LISTING_LIMIT = 16 * 1024**2  # bytes of a hub's answer to what a model's files are
NEEDED = ("config.json", "preprocessor_config.json")
INDEX, WEIGHTS = "model.safetensors.index.json", "model.safetensors"
SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")


class NotHere(ModelError):
    """A model's files are not on this machine."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title} is not on this machine.")


def torchvision_file(weights: Any) -> Path:
    """Where torch.hub keeps the file of torchvision's weights, once it is there."""
    return Path(torch.hub.get_dir(), "checkpoints", Path(urlsplit(weights.url).path).name)


def torchvision_state(name: str, weights: Any, report: Report = silent) -> dict[str, Tensor]:
    """The state dict of torchvision's weights, from their file on this machine. `report` is told how far it is.

    Raises:
        ModelError: the file can't be read.
    """
    try:
        with CountedFile(torchvision_file(weights), report) as file:
            state = torch.load(BufferedReader(file, CHUNK), map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
        raise ModelError(f"{name}: the file of its weights can't be read ({reason(error)}).") from error
    if file.left is not None:
        raise file.left
    return state


def fetch_torchvision(title: str, weights: Any, download: Download) -> None:
    """Downloads the file of torchvision's weights and checks it against the hash in its name.

    Raises:
        ModelError: the host can't be reached, or the file did not come whole.
        Forsaken: no caller waits for the download any longer.
    """
    require_network(weights.url, title)
    file = torchvision_file(weights)
    remove_old_parts([file.parent])
    digest = torch.hub.HASH_REGEX.search(file.name)
    fetch_file(weights.url, file, download, sha256=digest[1] if digest else "")


def is_hub_id(name: str) -> bool:
    """Whether a hub can have a model of that name."""
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return True


def cached_folder(name: str) -> Path | None:
    """The folder of a hub model, None where it is not whole on this machine.

    Raises:
        ModelError: the name is no hub id.
    """
    if not is_hub_id(name):
        raise ModelError(f"{name[:80]!r} is no hub id and no folder below DASHBOARD_MODELS.")
    config = try_to_load_from_cache(name, NEEDED[0], cache_dir=constants.HF_HUB_CACHE)
    folder = Path(config).parent if isinstance(config, str) else None
    return folder if folder is not None and is_whole(folder) else None


def fetch_from_hub(name: str, title: str, download: Download) -> None:
    """Downloads the files of a hub model that are needed, all of one commit, and writes down that commit when all are there.

    Raises:
        ModelError: the hub can't be reached, or lacks the model or a file, or a file did not come whole.
        Forsaken: no caller waits for the download any longer.
    """
    require_network(constants.ENDPOINT, title)
    commit, files = _listed(name, title)
    base = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=name, repo_type="model"))
    folder = base / "snapshots" / commit
    remove_old_parts(Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*"))
    missing = {file: facts for file, facts in files.items() if not (folder / file).exists()}
    download.expect(sum(facts.get("size") or 0 for facts in missing.values()))
    for file, facts in missing.items():
        url = hf_hub_url(name, file, revision=commit, endpoint=constants.ENDPOINT)
        digest = (facts.get("lfs") or {}).get("sha256") or ""
        fetch_file(url, folder / file, download, build_hf_headers(), facts.get("size"), digest)
    reference = base / "refs" / constants.DEFAULT_REVISION
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(commit)


def _listed(name: str, title: str) -> tuple[str, dict[str, Mapping[str, Any]]]:
    """A hub model's newest commit, and what the hub says of each file that is needed, by its name."""
    url = f"{constants.ENDPOINT}/api/models/{quote(name)}?blobs=true"
    try:
        answer = json.loads(read_small(url, build_hf_headers(), LISTING_LIMIT))
        commit, files = str(answer["sha"]), {str(file["rfilename"]): file for file in answer["siblings"]}
    except HTTPError as error:
        if error.code in (401, 403, 404):
            raise ModelError(
                f"{name} is not on the Hugging Face hub, or not for everybody: expected <owner>/<model>."
            ) from error
        raise ModelError(f"{title} can't be fetched from the Hugging Face hub: {reason(error)}.") from error
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        raise ModelError(f"{title} can't be fetched from the Hugging Face hub: {reason(error)}.") from error
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise ModelError(f"{title} can't be fetched from the Hugging Face hub: it names no commit.")
    return commit, {file: files[file] for file in _needed(name, list(files))}


def _needed(name: str, files: Sequence[str]) -> list[str]:
    """Those of a hub model's `files` that are needed: the configurations, and the weights in one file or in shards.

    Raises:
        ModelError: one of them is missing.
    """
    weights = [WEIGHTS] if WEIGHTS in files else [file for file in files if file == INDEX or SHARD.fullmatch(file)]
    if not any(file.endswith(".safetensors") for file in weights):
        raise ModelError(f"{name} holds no safetensors weights: other formats can run code and are not opened.")
    lacking = [file for file in NEEDED if file not in files]
    if lacking:
        raise ModelError(f"{name} can't be loaded as an image classifier: it has no {' and no '.join(lacking)}.")
    return [*NEEDED, *weights]


def is_whole(folder: Path) -> bool:
    """Whether a model folder has its configuration and every file of its weights."""
    index = folder / "model.safetensors.index.json"
    if not (folder / "config.json").exists() or not (folder / "preprocessor_config.json").exists():
        return False
    if not index.exists():
        return any(folder.glob("*.safetensors"))
    try:
        shards = set(json.loads(index.read_text())["weight_map"].values())
        return all((folder / shard).exists() for shard in shards)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):  # an index of another shape
        return False


def require_network(url: str, title: str) -> None:
    """Checks that a url's host, or the proxy in front of it, takes a connection within PATIENCE seconds, name lookup included.

    Raises:
        ModelError: it takes none, or the proxy's variable is malformed.
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
