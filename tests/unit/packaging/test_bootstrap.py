"""bootstrap.py: which index, which wheel, whether its bytes are the locked ones, what is said when Pango is missing."""

import hashlib
import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import bootstrap

ROOT = Path(bootstrap.__file__).parent
DEBIAN_12 = ("x86_64", (2, 36))
NAME = "uv-1.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"


def make_wheel(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


UV_WHEEL = make_wheel({"uv-1.2.3.data/scripts/uv": "#!/bin/sh\necho uv 1.2.3\n"})
LOCK = f"# comment\nuv==1.2.3 \\\n    --hash=sha256:{hashlib.sha256(UV_WHEEL).hexdigest()}\n    # via x\n"


class Index(ThreadingHTTPServer):
    """A package index on this machine: its page redirects once, and it may ask for a password."""

    wheel = UV_WHEEL
    authorization: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/simple"


class Handler(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        if self.server.authorization not in (None, self.headers.get("Authorization")):
            self.send_error(401)
        elif self.path == "/simple/uv/":
            self.send_response(302)
            self.send_header("Location", "/mirror/uv/")
            self.end_headers()
        elif self.path == "/mirror/uv/":
            others = ("uv-1.2.3.tar.gz", "uv-1.2.2-" + NAME[9:], NAME.replace("x86_64", "aarch64"))
            links = "".join(f'<a href="../../files/{name}#sha256=0">{name}</a><br/>' for name in (*others, NAME))
            self.answer(f"<!DOCTYPE html><html><body>{links}</body></html>".encode())
        elif self.path == f"/files/{NAME}":
            self.answer(self.server.wheel)
        else:
            self.send_error(404)

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def index() -> Iterator[Index]:
    with Index(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_uv_is_fetched_from_a_plain_html_index_and_runs(index: Index, tmp_path: Path) -> None:
    binary = bootstrap.fetch_uv(index.url, LOCK, tmp_path / "tools" / "uv", {}, DEBIAN_12)
    assert subprocess.run([binary], capture_output=True, text=True, check=True).stdout == "uv 1.2.3\n"
    assert [path.name for path in (tmp_path / "tools").iterdir()] == ["uv"]


def test_a_wheel_with_another_sum_is_refused_and_nothing_is_written(index: Index, tmp_path: Path) -> None:
    index.wheel = UV_WHEEL + b"\0"
    with pytest.raises(bootstrap.BootstrapError, match="sha256 differs"):
        bootstrap.fetch_uv(index.url, LOCK, tmp_path / "uv", {}, DEBIAN_12)
    assert list(tmp_path.iterdir()) == []


def test_user_and_password_of_the_index_address_are_sent(index: Index, tmp_path: Path) -> None:
    index.authorization = "Basic bWU6cEBzcw=="  # me:p@ss
    with pytest.raises(bootstrap.BootstrapError, match="401"):
        bootstrap.fetch_uv(index.url, LOCK, tmp_path / "uv", {}, DEBIAN_12)
    address = index.url.replace("http://", "http://me:p%40ss@")
    assert bootstrap.fetch_uv(address, LOCK, tmp_path / "uv", {}, DEBIAN_12).exists()


def test_an_index_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(bootstrap.BootstrapError, match="PIP_INDEX_URL") as caught:
        bootstrap.fetch_uv("http://me:secret@127.0.0.1:1/simple", LOCK, tmp_path / "uv", {}, DEBIAN_12)
    assert "secret" not in str(caught.value)


def test_a_platform_without_a_wheel_is_named(index: Index, tmp_path: Path) -> None:
    with pytest.raises(bootstrap.BootstrapError, match=r"no uv 1\.2\.3 for s390x"):
        bootstrap.fetch_uv(index.url, LOCK, tmp_path / "uv", {}, ("s390x", (2, 36)))


def test_the_committed_pin_of_uv_is_readable() -> None:
    version, sums = bootstrap.pinned_uv((ROOT / "requirements-uv.lock").read_text(encoding="utf-8"))
    assert version[0].isdigit()
    assert len(sums) > 5


@pytest.mark.parametrize(
    ("tags", "machine", "glibc", "expected"),
    [
        ("manylinux_2_17_x86_64.manylinux2014_x86_64", "x86_64", (2, 36), True),
        ("manylinux_2_17_x86_64", "x86_64", (2, 17), True),
        ("manylinux_2_17_x86_64", "x86_64", (2, 16), False),
        ("manylinux_2_17_x86_64", "aarch64", (2, 36), False),
        ("manylinux_2_17_aarch64", "aarch64", (2, 36), True),
        ("manylinux_2_17_x86_64", "x86_64", None, False),
        ("musllinux_1_1_x86_64", "x86_64", None, True),
        ("musllinux_1_1_x86_64", "x86_64", (2, 36), False),
        ("manylinux_2_31_riscv64.musllinux_1_1_x86_64", "x86_64", None, True),
        ("win_amd64", "x86_64", (2, 36), False),
        ("macosx_10_12_x86_64", "x86_64", (2, 36), False),
    ],
)
def test_a_wheel_fits_its_own_platform_only(
    tags: str, machine: str, glibc: tuple[int, int] | None, expected: bool
) -> None:
    assert bootstrap.fits(f"uv-1.2.3-py3-none-{tags}.whl", machine, glibc) is expected


def test_this_machine_s_platform_is_read_as_machine_and_glibc() -> None:
    machine, glibc = bootstrap.this_platform()
    assert machine
    assert glibc is None or glibc >= (2, 17)


def test_the_environment_wins_over_configuration_files(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://of.file/100%/simple\n", encoding="utf-8")
    environ = {"PIP_INDEX_URL": "https://of.pip/simple"}
    assert bootstrap.configured_index({}, [file]) == "https://of.file/100%/simple"
    assert bootstrap.configured_index(environ, [file]) == "https://of.pip/simple"
    environ["UV_DEFAULT_INDEX"] = "inner=https://of.uv/simple"
    assert bootstrap.configured_index(environ, [file]) == "https://of.uv/simple"


def test_the_user_s_file_wins_over_the_machine_s_and_the_named_one_over_both(tmp_path: Path) -> None:
    environ = {"HOME": "/h", "PIP_CONFIG_FILE": "/named.conf"}
    files = [str(path) for path in bootstrap.pip_config_files(environ)]
    assert files == [
        "/etc/xdg/pip/pip.conf",
        "/etc/pip.conf",
        "/h/.pip/pip.conf",
        "/h/.config/pip/pip.conf",
        "/named.conf",
    ]
    machine, user = tmp_path / "1", tmp_path / "2"
    machine.write_text("[global]\nindex-url = https://machine/simple\n", encoding="utf-8")
    user.write_text("[global]\nindex-url = https://user/simple\n", encoding="utf-8")
    assert bootstrap.configured_index({}, [machine, user, tmp_path / "absent"]) == "https://user/simple"


def test_nothing_configured_gives_none_and_pip_s_own_default_is_asked_of_pip(tmp_path: Path) -> None:
    assert bootstrap.configured_index({"PIP_INDEX_URL": ""}, [tmp_path / "absent"]) is None
    package = {
        name: "" for name in ("pip/__init__.py", "pip/_internal/__init__.py", "pip/_internal/models/__init__.py")
    }
    package["pip/_internal/models/index.py"] = "class PyPI:\n    simple_url = 'https://default.example/simple'\n"
    (tmp_path / "pip-99-py3-none-any.whl").write_bytes(make_wheel(package))
    code = (
        f"import sys, pathlib; sys.path.insert(0, {str(ROOT)!r}); import bootstrap;"
        f"bootstrap.PIP_WHEELS = pathlib.Path({str(tmp_path)!r}); print(bootstrap.default_index())"
    )
    # -S: without site-packages, as in a Python that came without pip.
    done = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "https://default.example/simple\n"


class Machine:
    """A machine whose Pango is hidden until apt-get, if it works, has installed it."""

    def __init__(self, *, has_pango: bool, apt_works: bool = True) -> None:
        self.has_pango = has_pango
        self.apt_works = apt_works
        self.commands: list[str] = []

    def load(self, library: str) -> object:
        if not self.has_pango:
            raise OSError(f"{library}: cannot open shared object file")
        return object()

    def apt(self, *arguments: str) -> bool:
        self.commands.append(arguments[0])
        self.has_pango |= self.apt_works and arguments[0] == "install"
        return self.apt_works


def test_a_machine_with_pango_is_left_alone() -> None:
    machine = Machine(has_pango=True)
    assert bootstrap.provide_pango(root=True, load=machine.load, apt=machine.apt) is None
    assert machine.commands == []


def test_hidden_pango_without_root_is_one_line_that_says_what_to_install() -> None:
    machine = Machine(has_pango=False)
    line = bootstrap.provide_pango(root=False, load=machine.load, apt=machine.apt)
    assert line is not None
    assert "apt-get install --no-install-recommends libpangoft2-1.0-0" in line
    assert "\n" not in line
    assert machine.commands == []


@pytest.mark.skipif(not bootstrap.shutil.which("apt-get"), reason="not a Debian-like machine: no apt-get")
def test_root_gets_pango_from_apt_and_the_line_when_that_fails() -> None:
    machine = Machine(has_pango=False)
    assert bootstrap.provide_pango(root=True, load=machine.load, apt=machine.apt) is None
    broken = Machine(has_pango=False, apt_works=False)
    assert "libpangoft2" in (bootstrap.provide_pango(root=True, load=broken.load, apt=broken.apt) or "")
    assert broken.commands == ["install", "update"]


def test_pango_without_harfbuzz_subset_is_not_enough() -> None:
    def load(library: str) -> object:
        if "subset" in library:
            raise OSError(f"{library}: cannot open shared object file")
        return object()

    assert bootstrap.missing_pango(load) is True


def test_the_real_loader_tells_a_missing_library_from_a_present_one() -> None:
    assert bootstrap.missing_pango() is False, "the other tests render PDFs and need it"
    assert bootstrap.missing_pango(lambda _: bootstrap.ctypes.CDLL("libthere-is-no-such.so.0")) is True
