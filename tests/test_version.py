"""The key of cached reports holds whatever code a report passes through, and no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipeline import version
from tests.corpus import compose

PACKAGE = Path(version.__file__).parent


def test_every_module_that_reading_loads_is_part_of_the_key(tmp_path: Path) -> None:
    source = tmp_path / "report"
    source.write_bytes(compose(3, "docx", "torn").data)
    code = (
        "import sys, pipeline; from pathlib import Path; pipeline.read_report(Path(sys.argv[1]).read_bytes());"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'pipeline'), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(source)], capture_output=True, text=True, check=True)
    loaded = {Path(line) for line in done.stdout.split()}
    assert len(loaded) > 50
    assert loaded <= set(version.reading())


def test_the_vocabulary_is_part_of_the_key_and_publishing_is_not() -> None:
    names = {path.relative_to(PACKAGE).as_posix() for path in version.reading()}
    assert {"vocabulary/labels.csv", "codec.py", "read.py"} <= names
    assert not {name for name in names if name.startswith(("publish/", "compare/", "run.py", "cli.py"))}
