# SPDX-License-Identifier: Apache-2.0
"""What a client in Python sends, and what comes back: every one of Azure's uses requests."""
import json

import requests.adapters


def code_of(response):
    """The code of the error, as ARM and as OAuth write it; "" where there is none."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return ""
    try:
        error = json.loads(response.content)["error"]
        return error["code"] if isinstance(error, dict) else error
    except (ValueError, KeyError):
        return ""


def watch():
    """A list that every exchange from now on is added to: [method, url, status, code of the error]."""
    send, seen = requests.adapters.HTTPAdapter.send, []

    def watched(self, request, *arguments, **more):
        response = send(self, request, *arguments, **more)
        seen.append([request.method, request.url, response.status_code, code_of(response)])
        return response

    requests.adapters.HTTPAdapter.send = watched
    return seen
