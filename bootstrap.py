"""Makes a checkout ready to run: `.venv` holds exactly requirements.lock and the project itself.

Needs Python 3.11 and its standard library only: Debian's Python comes without pip and without ensurepip. Where the
machine has no uv, the one of requirements-uv.lock is fetched into .tools from the package index this machine is
configured for. No index address is written here: without a configuration, pip's own default is asked of pip.
Run by `make`; calling it again repairs or updates the environment.
"""

import configparser
import ctypes
import hashlib
import importlib
import importlib.util
import io
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
PIP_WHEELS = Path("/usr/share/python-wheels")

# Pango lays text out, and HarfBuzz-Subset embeds the fonts; many systems have the first and not the second.
PANGO_LIBRARIES = ("libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PANGO_PACKAGES = ("libpangoft2-1.0-0", "libharfbuzz-subset0")


class BootstrapError(Exception):
    """What is wrong and what to do next, in words for the user."""


# Which index


def configured_index(environ: Mapping[str, str], config_files: Sequence[Path]) -> str | None:
    """Address of the configured index's simple page; None when nothing configures one.

    The environment wins over files, and a later file over an earlier one, as with pip.
    """
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if environ.get(name):
            # uv allows a name in front: NAME=https://…
            return re.sub(r"^[\w-]+=(?=[a-z]+://)", "", environ[name])
    config = configparser.RawConfigParser()
    config.read(config_files, encoding="utf-8")
    return config.get("global", "index-url", fallback=None)


def pip_config_files(environ: Mapping[str, str]) -> list[Path]:
    """The files that pip reads on Unix, weakest first."""
    home = Path(environ.get("HOME", "/"))
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), home / ".pip/pip.conf", user / "pip/pip.conf"]
    if environ.get("PIP_CONFIG_FILE"):
        files.append(Path(environ["PIP_CONFIG_FILE"]))
    return files


def default_index() -> str:
    """The index that pip uses when nothing is configured, asked of a pip on this machine."""
    if importlib.util.find_spec("pip") is None:
        sys.path.append(str(_bundled_pip() or _pip_from_debian()))
    return str(importlib.import_module("pip._internal.models.index").PyPI.simple_url)


def _bundled_pip() -> Path | None:
    folders = [PIP_WHEELS, TOOLS / "pip" / PIP_WHEELS.relative_to("/")]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip is not None and ensurepip.origin:
        folders.append(Path(ensurepip.origin).parent / "_bundled")
    return next((wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))), None)


def _pip_from_debian() -> Path:
    """pip's wheel from Debian's package of it, unpacked into .tools, so that no root is needed."""
    folder = TOOLS / "pip"
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.which("apt-get"):
        if is_root():
            apt_get("update")
        if apt_get("download", "python3-pip-whl", cwd=folder):
            for package in folder.glob("python3-pip-whl_*.deb"):
                subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    wheel = _bundled_pip()
    if wheel is None:
        raise BootstrapError(
            "There is neither uv nor pip here, and no package index is configured. "
            "Set PIP_INDEX_URL to your index's simple page, or install python3-venv, and run make again."
        )
    return wheel


# Fetching uv


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def pinned_uv(lock: str) -> tuple[str, frozenset[str]]:
    """Version and allowed sha256 sums of uv in the text of requirements-uv.lock."""
    version = re.search(r"^uv==([\w.]+)", lock, re.MULTILINE)
    if version is None:
        raise BootstrapError("requirements-uv.lock names no version of uv. Restore it from git.")
    return version[1], frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock))


def fits(wheel: str, machine: str, glibc: tuple[int, int] | None) -> bool:
    """Whether a wheel's file name is for this Linux; `glibc` is None on musl.

    A name may carry several platform tags, joined by dots.
    """
    for tag in wheel.removesuffix(".whl").rsplit("-", 1)[-1].split("."):
        if many := re.fullmatch(rf"manylinux_(\d+)_(\d+)_{re.escape(machine)}", tag):
            if glibc is not None and glibc >= (int(many[1]), int(many[2])):
                return True
        elif glibc is None and re.fullmatch(rf"musllinux_\d+_\d+_{re.escape(machine)}", tag):
            return True
    return False


def pick_wheel(page: str, page_url: str, version: str, machine: str, glibc: tuple[int, int] | None) -> str:
    """Absolute address of uv's wheel for this platform among the links of an index page."""
    parser = _Links()
    parser.feed(page)
    for link in parser.found:
        name = unquote(urlsplit(link).path).rsplit("/", 1)[-1]
        if name.startswith(f"uv-{version}-") and name.endswith(".whl") and fits(name, machine, glibc):
            return urljoin(page_url, link)
    raise BootstrapError(
        f"The package index has no uv {version} for {machine}. Install uv yourself, and run make again."
    )


def open_index(index: str, environ: Mapping[str, str]) -> tuple[str, urllib.request.OpenerDirector]:
    """The address without user and password, and what opens it: they are sent to the index's own host only."""
    parts = urlsplit(index)
    credentials, _, host = parts.netloc.rpartition("@")
    passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
    if credentials:
        user, password = (unquote(part) for part in credentials.partition(":")[::2])
        passwords.add_password(None, f"{parts.scheme}://{host}/", user, password, is_authenticated=True)
    context = ssl.create_default_context(cafile=environ.get("PIP_CERT") or environ.get("SSL_CERT_FILE") or None)
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context), urllib.request.HTTPBasicAuthHandler(passwords)
    )
    return urlunsplit(parts._replace(netloc=host)).rstrip("/"), opener


def read_url(url: str, opener: urllib.request.OpenerDirector) -> tuple[bytes, str]:
    """Body and final address."""
    try:
        with opener.open(url, timeout=60) as answer:
            return answer.read(), str(answer.url)
    except (urllib.error.URLError, TimeoutError) as error:
        raise BootstrapError(
            f"{url} cannot be read: {error}. Check the network, the proxy variables and the index address "
            "(PIP_INDEX_URL), and run make again."
        ) from error


def fetch_uv(
    index: str, lock: str, target: Path, environ: Mapping[str, str], platform_: tuple[str, tuple[int, int] | None]
) -> Path:
    """Put the uv binary of the lock at `target`; nothing is unpacked before its sha256 is found in the lock."""
    version, sums = pinned_uv(lock)
    address, opener = open_index(index, environ)
    page, page_url = read_url(f"{address}/uv/", opener)
    wheel, _ = read_url(pick_wheel(page.decode("utf-8"), page_url, version, *platform_), opener)
    if hashlib.sha256(wheel).hexdigest() not in sums:
        raise BootstrapError(
            f"The wheel of uv {version} from the package index is not one of requirements-uv.lock (sha256 differs). "
            "Nothing was installed. Check the index, or run `make lock` where uv is installed."
        )
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        binary = archive.read(f"uv-{version}.data/scripts/uv")
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(".part")
    half.write_bytes(binary)
    half.chmod(0o755)
    return half.replace(target)


def this_platform() -> tuple[str, tuple[int, int] | None]:
    """Machine (x86_64, aarch64, …) and glibc's version, None for musl."""
    library, version = platform.libc_ver()
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    return platform.machine(), (numbers[0], numbers[1]) if library == "glibc" and len(numbers) == 2 else None


def find_uv(environ: Mapping[str, str], index: str | None) -> Path:
    """uv of this machine, else the private one in .tools, fetched when it is not there."""
    private = TOOLS / "uv"
    for candidate in (shutil.which("uv"), private):
        # A version manager's shim can be there and refuse to run.
        if candidate and Path(candidate).exists() and _succeeds([candidate, "--version"]):
            return Path(candidate)
    if sys.platform != "linux":
        raise BootstrapError("uv is missing, and is fetched on Linux only. Install it, and run make again.")
    say("fetching uv into .tools")
    lock = (ROOT / "requirements-uv.lock").read_text(encoding="utf-8")
    return fetch_uv(index or default_index(), lock, private, environ, this_platform())


# What the system has to bring


def missing_pango(load: Callable[[str], object] = ctypes.CDLL) -> bool:
    """Whether WeasyPrint would fail for want of Pango; asks as it does, by loading the libraries."""
    try:
        for library in PANGO_LIBRARIES:
            load(library)
    except OSError:
        return True
    return False


def provide_pango(
    *, root: bool, load: Callable[[str], object] = ctypes.CDLL, apt: Callable[..., bool] | None = None
) -> str | None:
    """Install Pango when it is absent and may be installed; else the one line that says what to install."""
    if not missing_pango(load):
        return None
    apt = apt or apt_get
    install = ("install", "--yes", "--no-install-recommends", *PANGO_PACKAGES)
    if root and shutil.which("apt-get"):
        say("installing Pango for WeasyPrint by apt-get")
        if (apt(*install) or (apt("update") and apt(*install))) and not missing_pango(load):
            return None
    return (
        "WeasyPrint needs Pango to write PDF statements, and it is not installed. "
        f"Have it installed by: apt-get install --no-install-recommends {' '.join(PANGO_PACKAGES)}"
    )


def apt_get(*arguments: str, cwd: Path | None = None) -> bool:
    """Run apt-get quietly; its words are shown only when it fails."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-qq", *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        say(f"apt-get {arguments[0]} failed: {done.stderr.strip().splitlines()[-1:] or ''}")
    return done.returncode == 0


def is_root() -> bool:
    return os.geteuid() == 0


# All of it


def install(uv: Path, environ: Mapping[str, str], index: str | None) -> None:
    """Make .venv hold the lock, no more and no less, then the project itself from the checkout."""
    # The system's certificate authorities, as Python itself trusts them: a company's own is only there.
    child = {"UV_SYSTEM_CERTS": "1", **environ, "UV_PYTHON_DOWNLOADS": "never"}
    if index:
        # uv does not read pip's configuration. By the environment, since an address may hold a password.
        child["UV_DEFAULT_INDEX"] = index
    python = VENV / "bin" / "python"
    if not _succeeds([python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]):
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], child)
    target = ("--quiet", "--python", python)
    _run([uv, "pip", "sync", *target, "--require-hashes", "--only-binary", ":all:", "requirements.lock"], child)
    _run([uv, "pip", "install", *target, "--no-deps", "--no-build-isolation", "--editable", "."], child)


def _run(command: Sequence[str | Path], environ: Mapping[str, str]) -> None:
    if subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode:
        words = " ".join(str(part) for part in command[1:3])
        raise BootstrapError(f"`uv {words}` failed; its reason is above. Mend it, and run make again.")


def _succeeds(command: Sequence[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def say(line: str) -> None:
    print(f"bootstrap: {line}", flush=True)


def main() -> int:
    started = time.monotonic()
    environ = dict(os.environ)
    try:
        index = configured_index(environ, pip_config_files(environ))
        uv = find_uv(environ, index)
        say("installing requirements.lock into .venv")
        install(uv, environ, index)
        hint = provide_pango(root=is_root())
    except BootstrapError as error:
        say(str(error))
        return 1
    if hint:
        say(hint)
    else:
        # What make looks at; left away while something is missing, so that the line is not shown only once.
        (VENV / "ready").touch()
    say(f"done in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
