"""A module has one subject, and so does a file of tests: both have fewer lines than this."""

from collections.abc import Iterable
from pathlib import Path

from tests.unit.test_imports import REPOSITORY, ROW_OF

LIMIT_LINES = 300
TESTS_LIMIT_LINES = 400
FOLDERS = (*ROW_OF, "benchmarks", "samples")


def test_no_module_of_the_product_or_its_benchmarks_is_long() -> None:
    paths = [path for name in FOLDERS for path in (*REPOSITORY.glob(f"{name}.py"), *REPOSITORY.glob(f"{name}/**/*.py"))]
    assert len(paths) > len(FOLDERS)
    assert too_long(paths, LIMIT_LINES) == {}


def test_no_file_of_tests_is_long() -> None:
    paths = list(REPOSITORY.glob("tests/**/*.py"))
    assert Path(__file__) in paths
    assert too_long(paths, TESTS_LIMIT_LINES) == {}


def too_long(paths: Iterable[Path], limit_lines: int) -> dict[str, int]:
    lines = {str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8").count("\n") for path in paths}
    return {name: count for name, count in lines.items() if count >= limit_lines}
