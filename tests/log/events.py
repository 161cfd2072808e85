#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""events.py SOURCE - every event that the source writes stands in src/log/events.def, and the other way. Speaks TAP."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
written = {}
for path in sorted((root / "src").rglob("*.c")):
    for name in re.findall(r'mp_log_write\(\s*[^;]*?MP_LOG_[A-Z]+,\s*"([^"]+)"', path.read_text(encoding="utf-8")):
        written.setdefault(name, path.relative_to(root))
table = set(re.findall(r'^MP_LOG_EVENT\("([^"]+)"', (root / "src/log/events.def").read_text(encoding="utf-8"), re.MULTILINE))
faults = [f"{path} writes '{name}', which events.def has not" for name, path in written.items() if name not in table]
faults += [f"nobody writes '{name}'" for name in sorted(table - set(written))]
print("1..1")
print(("not ok" if faults else "ok") + " 1 - events.def has what is written")
for fault in faults:
    print("# " + fault)
sys.exit(1 if faults else 0)
