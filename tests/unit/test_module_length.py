"""A module has one subject, and fewer lines than this."""

from tests.unit.test_imports import REPOSITORY, ROW_OF

LIMIT_LINES = 300
FOLDERS = (*ROW_OF, "benchmarks", "samples")


def test_no_module_of_the_product_or_its_benchmarks_is_long() -> None:
    paths = [path for name in FOLDERS for path in (*REPOSITORY.glob(f"{name}.py"), *REPOSITORY.glob(f"{name}/**/*.py"))]
    lines = {str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8").count("\n") for path in paths}
    assert len(lines) > len(FOLDERS)
    assert {name: count for name, count in lines.items() if count >= LIMIT_LINES} == {}
