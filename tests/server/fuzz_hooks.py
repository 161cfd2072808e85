# SPDX-License-Identifier: Apache-2.0
"""Hooks of schemathesis: no target that the server's memory for a head cannot hold (32 KiB).

Such a head never becomes a request: the connection ends with a bare 414 or 431 or with nothing, in no form that the document could tell. What
happens then is tested byte for byte by the tests of http; targets between the limit of ours (16 KiB, 414) and this one stay in."""
from urllib.parse import quote

import schemathesis

MOST = 28 * 1024


def size(values):
    return sum(len(quote(str(name))) + len(quote(str(value))) + 2 for name, value in (values or {}).items())


@schemathesis.hook
def filter_query(context, query):
    return not isinstance(query, dict) or size(query) < MOST


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    return not isinstance(path_parameters, dict) or size(path_parameters) < MOST
