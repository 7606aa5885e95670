"""Writes `embeddings/token_rarity.npy`: how rare each token of WordLlama's vocabulary is in ordinary documents.

    python -m benchmarks.token_rarity FILE.pdf …

The inverse document frequency over passages of 200 words, ln((N - n + .5) / (n + .5) + 1), as half-precision floats by
token number. The file in the project was made from the PDFs of ../shared/corpus/good and ../shared/quality/structure;
none of the annual reports that search is measured with is among them.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pymupdf

from embeddings.static import RARITY_FILE, load_tokenizer

PASSAGE_WORDS = 200
VOCABULARY = 32_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="+", type=Path)
    passages = [passage for file in parser.parse_args().file for passage in _passages(file)]
    found_in = np.zeros(VOCABULARY)
    for encoded in load_tokenizer().encode_batch(passages, add_special_tokens=False):
        found_in[np.unique(encoded.ids)] += 1
    rarity = np.log((len(passages) - found_in + 0.5) / (found_in + 0.5) + 1)
    np.save(RARITY_FILE, rarity.astype(np.float16))
    print(f"{len(passages)} passages, {int((found_in > 0).sum())} of {VOCABULARY} tokens seen")


def _passages(file: Path) -> Iterator[str]:
    with pymupdf.open(file) as document:
        words = " ".join(page.get_text() for page in document).split()
    return (" ".join(words[at : at + PASSAGE_WORDS]) for at in range(0, len(words), PASSAGE_WORDS))


if __name__ == "__main__":
    main()
