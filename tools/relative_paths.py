"""Writes the members' places into a virtual environment as relative paths.

python tools/relative_paths.py .venv

An editable install names its folder in full. Python reads that name in the locale's encoding, so where the path has an
umlaut and the locale is C, no program of the environment starts; and a checkout could not be moved.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    for file in Path(sys.argv[1]).glob("lib/python*/site-packages/_redis_messaging_*.pth"):
        places = file.read_text(encoding="utf-8").splitlines()
        relative = [os.path.relpath(place, file.parent.resolve()) for place in places]
        file.write_text("".join(f"{place}\n" for place in relative), encoding="utf-8")
