"""`python -m childdata`: the command line where no program `childdata` is on the path."""

from __future__ import annotations

import sys

from childdata.cli import main

sys.exit(main())
