#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every setting is asked for somewhere: one that nobody reads would promise what nothing keeps (TAP).

used.py SOURCE_ROOT"""
import pathlib
import re
import sys

SOURCE = pathlib.Path(sys.argv[1], "src")
settings = re.findall(r"^MP_SETTING\((\w+),", (SOURCE / "config/settings.def").read_text(), flags=re.M)
texts = [p.read_text() for p in SOURCE.rglob("*.[ch]") if p.parent.name != "config"]
unused = [name for name in settings if not any(re.search(rf"\bMP_SET_{name}\b", text) for text in texts)]
print("1..1")
print(f"{'not ok' if unused or not settings else 'ok'} 1 - every one of {len(settings)} settings is asked for")
for name in unused:
    print(f"# nobody asks for {name}")
sys.exit(1 if unused or not settings else 0)
