"""The house rules a machine can see. Each check is also shown a violation, so that it is known to be able to fail."""

import ast
import importlib
import inspect
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINES_PER_MODULE = 300
LINES_PER_FUNCTION = 40
# What may never stand in the code of the services: time not asked of the clock, trust switched off, data run as code,
# and any Modbus function that writes.
FORBIDDEN = {
    "asks the time past the clock": r"datetime\.(now|utcnow|today)\(|\btime\.time\(|\btime\.time_ns\(",
    "turns verification off": r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False",
    "runs data as code": r"\bshell\s*=\s*True|\bpickle\b|\beval\(|\bexec\(",
    "writes to a device": r"\bwrite_(register|registers|coil|coils)\b|\bmask_write\b|readwrite_registers",
}
# The dongle is called by its address and its certificate holds its serial number, which is compared instead.
COMPARES_NAMES_ITSELF = "edge/src/sungaze_edge/sources/homewizard_p1/tls.py"
CLOCKS = {"edge/src/sungaze_edge/clock.py", "vps/src/sungaze_vps/clock.py"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.split() if (ROOT / name).exists()]


def python_files() -> list[Path]:
    return tracked("*.py")


def long_modules(sources: Iterable[tuple[str, str]]) -> list[str]:
    return [name for name, text in sources if text.count("\n") > LINES_PER_MODULE]


def long_functions(name: str, text: str) -> list[str]:
    return [
        f"{name}:{node.lineno} {node.name}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > LINES_PER_FUNCTION
    ]


def violations(name: str, text: str) -> list[str]:
    if name == COMPARES_NAMES_ITSELF:
        text = text.replace("context.check_hostname = False", "")
    return [
        f"{name} {what}"
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, text) and not (name in CLOCKS and what.startswith("asks the time"))
    ]


def read(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    return ((str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths)


def test_no_module_is_longer_than_the_limit():
    modules = [path for path in python_files() if "migrations/versions" not in str(path)]
    modules += tracked("dashboard/src/*.ts", "dashboard/src/*.tsx", "dashboard/src/*.css")
    assert long_modules(read(modules)) == []
    assert long_modules([("long.py", "x = 1\n" * 301)]) == ["long.py"]


def test_no_function_is_longer_than_the_limit():
    # A migration is one list of statements, frozen in time.
    paths = [path for path in python_files() if "migrations/versions" not in str(path)]
    assert [found for name, text in read(paths) for found in long_functions(name, text)] == []
    assert long_functions("f.py", "def f():\n" + "    x = 1\n" * 41) == ["f.py:1 f"]


def test_the_services_ask_time_of_the_clock_verify_tls_and_never_write_to_a_device():
    services = tracked("edge/src/*.py", "vps/src/*.py")
    assert [found for name, text in read(services) for found in violations(name, text)] == []
    planted_lines = ("datetime.now(UTC)", "httpx.get(url, verify=False)", "pickle.loads(x)", "c.write_register(1, 2)")
    for planted in planted_lines:
        assert violations("planted.py", planted)


def test_every_error_of_the_edge_stands_in_the_drawn_tree_and_in_the_family():
    errors = importlib.import_module("sungaze_edge.errors")
    classes = {name: item for name, item in vars(errors).items() if inspect.isclass(item)}
    assert all(issubclass(item, errors.EdgeError) for item in classes.values())
    assert [name for name in classes if name not in (errors.__doc__ or "")] == []
    elsewhere = [
        f"{name} {node.name}"
        for name, text in read(tracked("edge/src/*.py"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        and not name.endswith("/errors.py")
        and any(isinstance(base, ast.Name) and base.id.endswith(("Error", "Exception")) for base in node.bases)
    ]
    assert elsewhere == []


def test_the_edge_environment_holds_only_what_an_adr_allows():
    text = (ROOT / "edge/pyproject.toml").read_text(encoding="utf-8")
    dependencies = re.findall(r'^  "([a-z0-9-]+)', text.split("dependencies = [")[1].split("]")[0], re.MULTILINE)
    assert dependencies == ["httpx", "pymodbus"]


def test_the_edge_knows_its_version_and_does_not_load_what_would_look_it_up():
    project = tomllib.loads((ROOT / "edge/pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert importlib.import_module("sungaze_edge").__version__ == project["version"]
    sources = read(tracked("edge/src/*.py"))
    assert [
        name for name, text in sources if re.search(r"^(from|import) importlib\.metadata", text, re.MULTILINE)
    ] == []


@pytest.mark.parametrize("package", ["sungaze_edge.sources", "sungaze_vps.measurements"])
def test_a_folder_listing_is_the_registry(package):
    folder = Path(importlib.import_module(package).__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    entries = modules | {path.parent.name for path in folder.glob("*/__init__.py")}
    assert entries
    for name in entries:
        module = importlib.import_module(f"{package}.{name}")
        assert hasattr(module, "SOURCE_TYPE") or hasattr(module, "MEASUREMENT")


def test_all_that_the_services_consist_of_is_in_the_repository():
    ignored = ["git", "ls-files", "--others", "--ignored", "--exclude-standard", ":(glob)*/src/**"]
    listed = subprocess.run(ignored, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert [name for name in listed if "__pycache__" not in name and not name.endswith((".db", ".env"))] == []
