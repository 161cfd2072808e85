#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""no_action.py COMPILER INCLUDE... - a route without an action does not compile, and one with an action does. Speaks TAP."""
import subprocess
import sys

SOURCE = """
#include "http.h"
static mp_code handle(void *app, mp_http_request *q, mp_http_response *s, mp_error *err)
{{
    (void)app; (void)q; (void)s; (void)err;
    return MP_OK;
}}
const mp_route routes[] = {{ {row} }};
"""
CASES = [
    ("an action", 'MP_ROUTE(MP_GET, "/a", "Demo/things/read", handle)', True),
    ("anyone", 'MP_ROUTE(MP_GET, "/a", MP_ANYONE, handle, .is_quick = true)', True),
    ("no action", 'MP_ROUTE(MP_GET, "/a", , handle)', False),
    ("an empty action", 'MP_ROUTE(MP_GET, "/a", "", handle)', False),
    ("a handler in its place", 'MP_ROUTE(MP_GET, "/a", handle)', False),
]


def main(compiler, includes):
    print(f"1..{len(CASES)}")
    for number, (name, row, wanted) in enumerate(CASES, 1):
        command = compiler.split() + ["-std=c17", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c", *(f"-I{i}" for i in includes), "-"]
        run = subprocess.run(command, input=SOURCE.format(row=row), capture_output=True, text=True, check=False)
        good = (run.returncode == 0) == wanted
        print(f"{'ok' if good else 'not ok'} {number} - {name} {'compiles' if wanted else 'does not compile'}")
        if not good:
            print("# " + run.stderr.replace("\n", "\n# "))


main(sys.argv[1], sys.argv[2:])
