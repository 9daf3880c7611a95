"""python -m tests.corpus: writes documents of the corpus and truth.json, which says what each of them says."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.corpus import CLASSES, DAMAGES, FORMATS, compose


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to, made where it is not there")
    parser.add_argument("--count", type=int, default=32, help="documents, dealt out over formats and classes")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same documents")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--classes", nargs="+", choices=CLASSES, default=CLASSES)
    parser.add_argument(
        "--damage", nargs="+", choices=tuple(DAMAGES), default=(), help="apply these instead of drawing (class torn)"
    )
    wanted = parser.parse_args()
    classes = ("torn",) if wanted.damage else tuple(wanted.classes)
    wanted.out.mkdir(parents=True, exist_ok=True)
    truth = {}
    for number in range(wanted.count):
        format = wanted.formats[number % len(wanted.formats)]
        difficulty = classes[number // len(wanted.formats) % len(classes)]
        piece = compose(f"{wanted.seed}.{number}", format, difficulty, tuple(wanted.damage))
        name = f"{number:04d}_{format}_{difficulty}{piece.suffix}"
        (wanted.out / name).write_bytes(piece.data)
        truth[name] = {"format": format, "class": difficulty, **piece.truth.to_dict()}
    text = json.dumps({"seed": wanted.seed, "documents": truth}, ensure_ascii=False, indent=1)
    (wanted.out / "truth.json").write_text(text + "\n", encoding="utf-8")
    print(f"{wanted.count} documents in {wanted.out}")


if __name__ == "__main__":
    main()
