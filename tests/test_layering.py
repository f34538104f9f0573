"""The arrows between the folders of csrc: an #include that is not listed here does not belong."""

import re

# Who may include whom, besides itself. ARCHITECTURE.md prints the same list.
ALLOWED = {
    "base": set(),
    "kernels": set(),
    "coding": {"base"},
    "format": {"base"},
    "transforms": {"base", "kernels"},
    "models": {"base", "kernels"},
    "cuda": {"base", "kernels"},
    "codec": {"base", "kernels", "coding", "format", "transforms", "models", "cuda"},
    "bindings": {"base", "kernels", "coding", "format", "transforms", "models", "cuda", "codec"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
# What a kernel may include of the C library: no STL, nothing that allocates or throws.
KERNEL_HEADERS = {"stddef.h", "stdint.h", "string.h", "immintrin.h", "arm_neon.h", "cpuid.h", "stdlib.h", "sys/auxv.h"}


def sources(root):
    return sorted(path for path in (root / "csrc").rglob("*") if path.suffix in {".h", ".cc", ".inl", ".cu"})


def test_includes_follow_the_arrows(root):
    wrong = []
    for path in sources(root):
        layer = path.relative_to(root / "csrc").parts[0]
        assert layer in ALLOWED, f"{path}: a folder without a place in the layers"
        for quote, name in INCLUDE.findall(path.read_text()):
            if quote == "<":
                if name.startswith("pybind11/") and layer != "bindings":
                    wrong.append(f"{path}: {name}")
                if name.startswith("cuda") and path.suffix != ".cu":
                    wrong.append(f"{path}: {name}")
                continue
            target = name.split("/")[0]
            if target != layer and target not in ALLOWED[layer]:
                wrong.append(f"{path}: {name}")
    assert not wrong, "\n".join(wrong)


def test_kernels_include_no_library_code(root):
    wrong = []
    for path in sorted((root / "csrc/kernels").iterdir()):
        for quote, name in INCLUDE.findall(path.read_text()):
            if quote == "<" and name not in KERNEL_HEADERS:
                wrong.append(f"{path}: <{name}>")
    assert not wrong, "\n".join(wrong)


def test_every_source_file_says_what_it_is(root):
    """A source file opens with a comment, unless the header of the same name does it for both."""
    for path in sources(root):
        if path.suffix == ".cc" and path.with_suffix(".h").exists():
            continue
        assert path.read_text().startswith("// "), path
