"""Reports with known truth: drawn from a seed, printed, damaged, and rendered to every format that publishers use.

    figures, publishers, prose, wording   what a lawful report says, and how its publisher words it
    printing, tables                      numbers as text, labels and numbers as tables
    misprints, damage                     arithmetic errors; rows, cells and labels lost, torn, shifted, misread
    render_*                              the document's bytes as Word, a website, a printer or OCR would leave them
    truth                                 what a careful reader of those bytes can know, and what nobody can

`compose` gives one document with its truth; `python -m tests.corpus --help` writes many.
"""

from tests.corpus.compose import CLASSES, Piece, compose
from tests.corpus.damage import DAMAGES
from tests.corpus.render import RENDERERS
from tests.corpus.truth import Key, Misprint, Said, Truth

FORMATS = tuple(RENDERERS)

__all__ = ["CLASSES", "DAMAGES", "FORMATS", "Key", "Misprint", "Piece", "Said", "Truth", "compose"]
