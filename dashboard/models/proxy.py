"""The proxy that downloads go through, as the usual variables of the environment name it."""

from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import ip_address
from re import fullmatch
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from dashboard.models.classifier import ModelError

VARIABLES = ("https", "http", "all")  # what libraries read before they download anything, whatever its address
DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


def proxy_of(url: str, proxies: Mapping[str, str] | None = None) -> tuple[str, int] | None:
    """Host and port of the proxy for a url, or None where the url is reached without one.

    `proxies` are addresses by scheme, by default those of the environment.

    Raises:
        ModelError: a variable for proxies is malformed. Its value is not told: it may hold a password.
    """
    named = getproxies() if proxies is None else proxies
    read = {scheme: _address(scheme, named[scheme]) for scheme in VARIABLES if named.get(scheme)}
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return read.get(parts.scheme) or read.get("all")


def _address(scheme: str, text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:  # brackets that don't close, a port that is no number
        port, parts = 0, SplitResult("", "", "", "", "")
    known, host = ("http", "https", *(("socks5", "socks5h") if find_spec("socksio") else ())), parts.hostname or ""
    if parts.scheme not in known or port == 0 or parts.path.strip("/") or not _is_host(host):
        raise ModelError(
            f"Nothing can be downloaded: this server's environment variable {scheme.upper()}_PROXY is malformed. "
            "Expected http://<host>:<port>."
        )
    return host, port or DEFAULT_PORTS[parts.scheme]


def _is_host(name: str) -> bool:
    """Whether a name is one of letters, digits, dots and hyphens, or an IP address."""
    try:
        ip_address(name)
    except ValueError:
        return fullmatch(r"[^\W_]([\w.-]*\w)?\.?", name) is not None
    return True
