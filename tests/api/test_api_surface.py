"""The surface itself: what is exported, with which signatures, what importing costs, and that the examples in the
documentation and the types in the stubs are true."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pickle
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import fastnz
import pytest
from fastnz import _core

PACKAGE = Path(fastnz.__file__).parent
MODULES = sorted(
    f"fastnz.{module.name}" for module in pkgutil.iter_modules([str(PACKAGE)]) if module.name != "__main__"
)

SIGNATURES = {
    "compress": "(data, level=3, *, model=None, threads=1, device='auto', block_size=None, index=False, max_memory=None, "
    "progress=None)",
    "decompress": "(data, *, model=None, max_output_size=1073741824, max_memory=1073741824, threads=1, device='auto', progress=None)",
    "compress_bound": "(size)",
    "train_dictionary": "(samples, size=368640, *, network=None, progress=None)",
    "compress_into": "(data, out, level=3, *, model=None, threads=1, device='auto', block_size=None, index=False, max_memory=None, "
    "progress=None)",
    "decompress_into": "(data, out, *, model=None, max_output_size=None, max_memory=1073741824, threads=1, device='auto', "
    "progress=None)",
    "compress_raw": "(data, level=3, *, model=None, device='auto', max_memory=None, progress=None)",
    "decompress_raw": "(data, size, level=3, *, model=None, device='auto', max_output_size=1073741824, max_memory=1073741824, "
    "progress=None)",
    "compress_many": "(values, level=3, *, model=None, offsets=None, threads=0, device='auto', raw=False, max_memory=None, "
    "progress=None)",
    "decompress_many": "(values, *, model=None, offsets=None, threads=0, device='auto', raw_sizes=None, level=3, "
    "max_output_size=1073741824, "
    "max_memory=1073741824, progress=None)",
    "skippable_frame": "(payload, tag=0)",
    "info": "(data)",
    "test": "(data, *, max_output_size=None, max_memory=1073741824, threads=1, device='auto', progress=None)",
    "open": "(filename, mode='rb', level=3, *, encoding=None, errors=None, newline=None, **options)",
    "FastnzFile": "(filename, mode='r', level=3, *, model=None, threads=1, device='auto', block_size=None, index=True, "
    "max_output_size=1073741824, max_memory=-1, progress=None)",
    "Compressor": "(level=3, *, model=None, threads=1, device='auto', block_size=None, index=False, content_size=None, "
    "max_memory=None, progress=None)",
    "Decompressor": "(*, model=None, max_output_size=1073741824, max_memory=1073741824, threads=1, device='auto', progress=None)",
    "devices": "()",
    "levels": "()",
    "models": "()",
    "isa": "()",
    "isas": "()",
}


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signature(name: str) -> None:
    signature = inspect.signature(getattr(fastnz, name))
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    assert str(inspect.Signature(bare)) == SIGNATURES[name]


def test_everything_exported_exists_and_is_documented() -> None:
    for name in fastnz.__all__:
        value = getattr(fastnz, name)
        assert name in dir(fastnz)
        if callable(value):
            assert name in SIGNATURES or inspect.isclass(value), name
            assert value.__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        fastnz.nonsense  # noqa: B018


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(module))
    assert outcome.failed == 0


def test_readme_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = PACKAGE.parents[1] / "README.md"
    if not readme.exists():
        pytest.skip("an installed package, not a source tree")
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, str(readme), "exec"), {})


def imported_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import fastnz",
        "import fastnz; fastnz.decompress(fastnz.compress(b'abc'))",
        "import fastnz; fastnz.FastnzFile, fastnz.Compressor, fastnz.info",
        "import fastnz.cli",
    ],
)
def test_importing_stays_light(statement: str) -> None:
    heavy = {"numpy", "torch", "asyncio", "inspect", "dataclasses", "subprocess", "unittest"}
    assert not imported_by(statement) & heavy - imported_by("pass")


def test_importing_the_package_leaves_the_rest_for_later() -> None:
    modules = imported_by("import fastnz") - imported_by("pass")
    assert not modules & {"fastnz.file", "fastnz.stream", "fastnz.frames", "fastnz.cli", "typing", "argparse"}


def test_errors_form_the_documented_tree() -> None:
    bases = {
        fastnz.FastnzError: (Exception,),
        fastnz.FormatError: (fastnz.FastnzError, ValueError),
        fastnz.CorruptError: (fastnz.FormatError,),
        fastnz.TruncatedError: (fastnz.FormatError, EOFError),
        fastnz.UnsupportedError: (fastnz.FormatError,),
        fastnz.LimitError: (fastnz.FastnzError, MemoryError),
        fastnz.DeviceError: (fastnz.FastnzError,),
        fastnz.ModelMissingError: (fastnz.FastnzError,),
    }
    for kind, expected in bases.items():
        assert kind.__bases__ == expected
        error = pickle.loads(pickle.dumps(kind("what happened", offset=7)))
        assert type(error) is kind and error.offset == 7
        assert str(error) == "what happened (at byte 7 of the compressed input)"
        assert str(kind("what happened")) == "what happened" and kind().offset is None


def stub_functions() -> dict[str, list[str]]:
    """Parameter names by qualified name, as the stub of the extension module declares them."""
    tree = ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{node.name}.")
            elif isinstance(node, ast.FunctionDef):
                is_property = any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)
                names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                found[prefix + node.name] = ["property"] if is_property else names

    visit(tree.body, "")
    return found


def runtime_parameters(function) -> list[str]:
    """Parameter names of an extension function, from the signature that opens its documentation."""
    line = (function.__doc__ or "").splitlines()[0]
    inner = line[line.index("(") + 1 : line.rindex(")")]
    names, depth, current = [], 0, ""
    for character in inner + ",":
        depth += (character in "[(") - (character in "])")
        if character == "," and depth == 0:
            names.append(current.split(":")[0].split("=")[0].strip())
            current = ""
        else:
            current += character
    return [name for name in names if name not in ("*", "/", "")]


def test_stub_of_the_extension_is_true() -> None:
    stub = stub_functions()
    for name, parameters in stub.items():
        owner, _, attribute = name.rpartition(".")
        value = inspect.getattr_static(getattr(_core, owner) if owner else _core, attribute)
        if parameters == ["property"]:
            assert isinstance(value, property), name
        else:
            assert runtime_parameters(value) == parameters, name
    public = {name for name in vars(_core) if not name.startswith("_")} - {"testing"}
    declared = {name.partition(".")[0] for name in stub} | {"format_version"}
    assert public <= declared, public - declared


def test_types_check_strictly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10", f"--cache-dir={tmp_path}", str(PACKAGE)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
