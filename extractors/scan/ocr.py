"""Pictures of text → text, offline and in this process, by the models that the rapidocr wheel carries.

The models are run line by line here rather than through rapidocr's own call: a lone digit is then not padded to the
width of a sentence (ten times faster), every character comes with its probability, and the readings that came second
are kept, since the accounting identities can tell which reading of a doubtful digit is right. No classifier of
direction: it flips good lines. One thread a process: the workers share the cores.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from extractors.document import CannotRead

if TYPE_CHECKING:
    import numpy as np

    Picture = np.ndarray[Any, np.dtype[np.uint8]]
    """Grey levels, rows × columns; 0 is black."""

INSTALL = 'install the OCR extra: pip install "gongkai[ocr]"'

_HEIGHT = 48  # pixels of a line as the recogniser wants it
_NARROWEST = 48
_WIDEST = 3_200  # a longer line is squeezed
_BATCH_WIDTH = 2_400  # pixels in one call: memory grows with it, speed hardly
_BLANK = 0
_DETECTED_SIDE = 1_280
_LONGEST_NUMBER = 16
_ALIKE = {
    "0": "OoＯ０〇○ОоòóÒQ",
    "1": "lI|１Ⅰ!",
    **dict(zip("23456789", "２３４５６７８９", strict=True)),
    ",": "，、",
    ".": "．·",
    "-": "－−–一",
    "+": "＋十",
    "%": "％",
    "/": "／",
}
"""What may stand in a number, and the characters that a printed one cannot be told from."""
_NUMBER_LIKE = frozenset("".join((*_ALIKE, *_ALIKE.values())))


@dataclass(frozen=True, slots=True)
class Recognised:
    """One line as read: the text, the probability (0–1) of its least certain character and the mean of all, and what
    the line would be if it could only be a number, with that reading's own probability; none for a long line."""

    text: str
    confidence: float
    mean: float = 0.0
    numeric: str = ""
    numeric_confidence: float = 0.0


@cache
def is_available() -> bool:
    """Whether the extra is installed. Loads nothing."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2"))


def require(what: str) -> None:
    """Raise `CannotRead("needs_ocr", …)` for `what` (a scan without text layer …) unless the extra is installed."""
    if not is_available():
        raise CannotRead("needs_ocr", f"{what}; to read it, {INSTALL}")


def recognise(lines: Sequence[Picture]) -> list[Recognised]:
    """The text of each picture of one line, in their order."""
    engine = _engine()
    found: list[Recognised] = [Recognised("", 0.0)] * len(lines)
    for indexes, width in _batches([_width(line) for line in lines]):
        batch = _batch([lines[index] for index in indexes], width)
        for index, scores in zip(indexes, engine.recognise(batch), strict=True):
            found[index] = engine.decode(scores)
    return found


def detect(page: Picture) -> list[tuple[float, float, float, float]]:
    """The boxes (x0, top, x1, bottom, in pixels) of the lines of text on an upright page."""
    return _engine().detect(page)


def _width(line: Picture) -> int:
    height, width = line.shape
    return int(max(_NARROWEST, min(_WIDEST, round(width * _HEIGHT / height))))


def _batches(widths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Lines of like widths together, with the width that holds them."""
    ordered = sorted(range(len(widths)), key=lambda index: (widths[index], index))
    batch: list[int] = []
    for index in ordered:
        width = widths[index]
        if batch and (width * (len(batch) + 1) > _BATCH_WIDTH or width > 1.25 * widths[batch[0]] + 16):
            yield batch, widths[batch[-1]]
            batch = []
        batch.append(index)
    if batch:
        yield batch, widths[batch[-1]]


def _batch(lines: Sequence[Picture], width: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    import cv2
    import numpy as np

    width = (width + 15) // 16 * 16
    batch = np.zeros((len(lines), 3, _HEIGHT, width), np.float32)
    for place, line in enumerate(lines):
        across = min(_width(line), width)
        way = cv2.INTER_AREA if line.shape[0] > _HEIGHT else cv2.INTER_CUBIC
        scaled = cv2.resize(line, (across, _HEIGHT), interpolation=way)
        batch[place, :, :, :across] = scaled.astype(np.float32) / 127.5 - 1.0
    return batch


class _Engine:
    """rapidocr's detector and recogniser; their own pre- and postprocessing is used for detection only."""

    def __init__(self) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        logger = logging.getLogger("RapidOCR")
        import cv2
        import onnxruntime  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from rapidocr import RapidOCR  # type: ignore[import-not-found,import-untyped,unused-ignore]

        logger.setLevel(logging.CRITICAL)
        onnxruntime.disable_telemetry_events()
        onnxruntime.set_default_logger_severity(4)
        cv2.setNumThreads(1)
        engine: Any = RapidOCR(
            params={
                "Global.use_cls": False,
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_side_len": _DETECTED_SIDE,
                "Det.limit_type": "max",
            }
        )
        self._recogniser = engine._load_rec_model()
        self._engine: Any = engine
        self._characters: list[str] = self._recogniser.postprocess_op.character
        known = {character: index for index, character in enumerate(self._characters)}
        self._numeric = [[known[c] for c in (name, *alike) if c in known] for name, alike in _ALIKE.items()]

    def recognise(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """The probabilities, lines × steps × characters."""
        scores: np.ndarray[Any, np.dtype[np.float32]] = self._recogniser.session(batch)
        return scores

    def decode(self, scores: np.ndarray[Any, np.dtype[np.float32]]) -> Recognised:
        import numpy as np

        text, confidence, mean = _collapse(scores.argmax(axis=1), scores.max(axis=1), self._characters)
        if not text or len(text) > _LONGEST_NUMBER:
            return Recognised(text, confidence, mean)
        some = np.stack([scores[:, _BLANK], *(scores[:, alike].sum(axis=1) for alike in self._numeric)], axis=1)
        numeric, sure, usual = _collapse(some.argmax(axis=1), some.max(axis=1), ["", *_ALIKE])
        if sure >= confidence and _NUMBER_LIKE.issuperset(text) and any(map(str.isdigit, numeric)):
            return Recognised(numeric, sure, usual, numeric, sure)
        return Recognised(text, confidence, mean, numeric, sure)

    def detect(self, page: Picture) -> list[tuple[float, float, float, float]]:
        import numpy as np

        detector = self._engine._load_det_model()
        found = detector(np.repeat(page[:, :, None], 3, axis=2))
        if found.boxes is None:
            return []
        boxes = [(box[:, 0].min(), box[:, 1].min(), box[:, 0].max(), box[:, 1].max()) for box in found.boxes]
        return [(float(x0), float(top), float(x1), float(bottom)) for x0, top, x1, bottom in boxes]


def _collapse(best: np.ndarray[Any, Any], sure: np.ndarray[Any, Any], names: Sequence[str]) -> tuple[str, float, float]:
    """The text of a path of characters (CTC: repeats are one, blanks are none), its least and its mean probability."""
    text: list[str] = []
    known: list[float] = []
    previous = _BLANK
    for index, probability in zip(best.tolist(), sure.tolist(), strict=True):
        if index != _BLANK and index != previous:
            text.append(names[index])
            known.append(min(probability, 1.0))
        previous = index
    if not text:
        return "", 0.0, 0.0
    return "".join(text), round(min(known), 4), round(sum(known) / len(known), 4)


@cache
def _engine() -> _Engine:
    return _Engine()
