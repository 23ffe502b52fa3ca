"""Starts Head360 Studio from a checkout: `python main.py [project.h360]`."""

from __future__ import annotations

import sys

from app.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
