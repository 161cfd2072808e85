#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""architecture.py [SOURCE] - hold src/ to docs/architecture.md, and to a few habits. Speaks TAP."""
import glob
import os
import re
import sys

LONGEST = 120 # lines of a function

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<mapae/([^>]+)>)', re.MULTILINE)
ROW = re.compile(r"^\| `src/(\w+)` \|[^|\n]*\|([^|\n]*)\|([^|\n]*)\|$", re.MULTILINE)


class House:
    def __init__(self, root):
        self.root = root
        with open(f"{root}/docs/architecture.md", encoding="utf-8") as file:
            rows = ROW.findall(file.read())
        rooms = {name for name, _, _ in rows}
        self.may_use = {name: rooms & set(re.findall(r"\w+", use)) for name, use, _ in rows}
        # "scan (headers only)": Meson must not link it.
        self.no_link = {name: {word for word in re.findall(r"(\w+) \(headers only\)", use)}
                        for name, use, _ in rows}
        self.public = {header: name for name, _, headers in rows for header in re.findall(r"`([^`]+)`", headers)}
        self.files = {room: sorted(glob.glob(f"{root}/src/{room}/*.[ch]") + glob.glob(f"{root}/src/{room}/*.def"))
                      for room in sorted(os.listdir(f"{root}/src"))}
        self.room_of = {}
        for room, paths in self.files.items():
            for path in paths:
                self.room_of.setdefault(os.path.basename(path), room)

    def texts(self, suffixes=(".c", ".h", ".def")):
        for room, paths in self.files.items():
            for path in paths:
                if path.endswith(suffixes):
                    with open(path, encoding="utf-8") as file:
                        yield room, os.path.relpath(path, self.root), file.read()


def every_room_is_in_the_table(house):
    wanted, found = set(house.may_use), set(house.files)
    return [f"src/{room} has no line" for room in found - wanted] + \
           [f"{room} has a line, but no folder" for room in wanted - found]


def every_public_header_has_a_room(house):
    found = set(os.listdir(f"{house.root}/include/mapae"))
    return [f"{name} stands in one of table and include/mapae only" for name in found ^ set(house.public)]


def includes_follow_the_arrows(house):
    faults = []
    for room, path, text in house.texts():
        for private, public in INCLUDE.findall(text):
            target = house.public.get(public) if public else house.room_of.get(os.path.basename(private))
            if target and target != room and target not in house.may_use[room]:
                faults.append(f"{path} includes {private or 'mapae/' + public} of {target}")
    return faults


def public_headers_include_public_ones_only(house):
    faults = []
    for path in sorted(glob.glob(f"{house.root}/include/mapae/*.h")):
        with open(path, encoding="utf-8") as file:
            for private, public in INCLUDE.findall(file.read()):
                room, name = house.public.get(os.path.basename(path)), os.path.basename(path)
                if private:
                    faults.append(f"{name} includes {private}")
                elif house.public.get(public) not in house.may_use.get(room, set()) | {room}:
                    faults.append(f"{name} of {room} includes {public} of {house.public.get(public)}")
    return faults


def meson_follows_the_arrows(house):
    faults = []
    for room in house.files:
        with open(f"{house.root}/src/{room}/meson.build", encoding="utf-8") as file:
            text = re.sub(r"#.*", "", file.read())
        for part in re.findall(r"(?:dependencies:|_rooms =)\s*(\[[^\]]*\]|\w+)", text):
            for word in set(re.findall(r"\b\w+\b", part)) & set(house.may_use):
                if word != room and word not in house.may_use[room]:
                    faults.append(f"src/{room}/meson.build depends on {word}")
    return faults


def no_two_files_have_one_name(house):
    seen = {}
    for room, paths in house.files.items():
        for path in paths:
            seen.setdefault(os.path.basename(path), []).append(f"src/{room}")
    for path in os.listdir(f"{house.root}/include/mapae"):
        seen.setdefault(path, []).append("include/mapae")
    return [f"{name} is in {' and '.join(places)}" for name, places in seen.items() if len(places) > 1]


# Rooms are on the include path: a header of this name would stand before the system's, also within its own headers.
OF_THE_SYSTEM = """assert complex ctype errno error fcntl fenv features float grp inttypes iso646 limits locale malloc math
memory poll pthread pwd sched search semaphore setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio
stdlib stdnoreturn string strings syslog tgmath threads time uchar unistd utime wchar wctype""".split()


def no_header_hides_one_of_the_system(house):
    return [f"src/{room}: {os.path.basename(path)}" for room, paths in house.files.items() for path in paths
            if os.path.basename(path).removesuffix(".h") in OF_THE_SYSTEM and path.endswith(".h")]


def every_file_names_its_license(house):
    return [path for _, path, text in house.texts() if "SPDX-License-Identifier: Apache-2.0" not in text[:80]]


def a_file_includes_its_own_header_first(house):
    faults = []
    for room, path, text in house.texts((".c",)):
        own = os.path.basename(path)[:-2] + ".h"
        first = INCLUDE.search(text)
        if os.path.exists(f"{house.root}/src/{room}/{own}") and (not first or first[1] != own):
            faults.append(path)
    return faults


def functions(text):
    """(name, lines) of every function: from the line of its brace to the closing one."""
    lines = text.split("\n")
    start = name = None
    for number, line in enumerate(lines):
        if line == "{":
            head = " ".join(lines[max(0, number - 4):number])
            found = re.findall(r"(\w+)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*(?:__attribute__.*)?$", head)
            start, name = number, found[-1] if found else None
        elif line == "}" and start is not None:
            if name:
                yield name, number - start + 1
            start = None


def no_function_is_too_long(house):
    return [f"{path}: {name} has {lines} lines" for _, path, text in house.texts((".c",))
            for name, lines in functions(text) if lines > LONGEST]


def words_that_are_not_used(house):
    """C's traps of which the code has better ways."""
    banned = re.compile(r"\b(strcpy|strcat|sprintf|strtok|atoi|atol|alloca|gets)\s*\(")
    faults = []
    for _, path, text in house.texts():
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        faults += [f"{path} calls {word}" for word in banned.findall(code)]
    return faults


TESTS = [every_room_is_in_the_table, every_public_header_has_a_room, includes_follow_the_arrows,
         public_headers_include_public_ones_only, meson_follows_the_arrows, no_two_files_have_one_name,
         no_header_hides_one_of_the_system, every_file_names_its_license, a_file_includes_its_own_header_first, no_function_is_too_long,
         words_that_are_not_used]


def main():
    house = House(os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(__file__) + "/.."))
    failed = 0
    print(f"1..{len(TESTS)}")
    for number, test in enumerate(TESTS, 1):
        faults = test(house)
        failed += bool(faults)
        for fault in faults:
            print(f"# {fault}")
        print(f"{'not ok' if faults else 'ok'} {number} - {test.__name__}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
