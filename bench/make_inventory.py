#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make a large inventory of varied copies of real resources.

usage: make_inventory.py COUNT OUT SOURCE.ndjson...

Every round copies all source documents (the first of each id) with subscription ids, and the endings of
storage and key names, changed to the round's, so that ids are new and parents, children and references within
a round still belong together.
"""
import json
import re
import sys

SUBSCRIPTION = re.compile(r'(/subscriptions/)([^/"]{0,8})', re.IGNORECASE)


def main():
    count, out, sources = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    lines, seen = [], set()
    for source in sources:
        for line in open(source, encoding='utf-8'):
            resource = json.loads(line)
            key = str(resource.get('id', '')).lower()
            if not key.lstrip('/').startswith(('subscriptions/', 'providers/')) or key in seen:
                continue
            seen.add(key)
            lines.append(json.dumps(resource, ensure_ascii=False, separators=(',', ':')) + '\n')
    template = [SUBSCRIPTION.sub(r'\g<1>@@@@@@@@', line) for line in lines]
    written = 0
    with open(out, 'w', encoding='utf-8') as file:
        number = 0
        while written < count:
            mark = '%08x' % (0xa0000000 + number)
            part = template[:count - written]
            file.write(''.join(line.replace('@@@@@@@@', mark) for line in part))
            written += len(part)
            number += 1
    print(f'{written} resources, {len(lines)} different ones', file=sys.stderr)


if __name__ == '__main__':
    main()
