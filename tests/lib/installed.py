#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""installed.py BUILD SOURCE CC CXX [FLAG...] - use libmapae the way its users do.

Installs BUILD below a folder of its own, then with nothing but that copy and pkg-config compiles and runs
docs/example/decide.c (C, shared and static) and tests/lib/headers.cpp (C++), compiles every public header
alone in C and C++, and compares what the shared library exports with what the headers declare.
Speaks TAP. FLAGs (a sanitizer's) go to every compilation.
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)


class Failure(Exception):
    pass


class Copy:
    """An installed copy and the compilers to use it with."""

    def __init__(self, build, source, cc, cxx, flags, folder):
        self.source, self.folder, self.flags = source, folder, flags
        self.cc, self.cxx = shlex.split(cc), shlex.split(cxx)
        done = run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"],
                   env={**os.environ, "DESTDIR": folder})
        pc = glob.glob(folder + "/**/mapae.pc", recursive=True)
        if done.returncode or not pc:
            raise Failure("meson install: " + done.stdout + done.stderr)
        self.libdir = os.path.dirname(os.path.dirname(pc[0]))
        self.include = glob.glob(folder + "/**/include/mapae", recursive=True)[0]
        self.env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(pc[0]),
                    "PKG_CONFIG_SYSROOT_DIR": folder, "LD_LIBRARY_PATH": self.libdir}

    def pkg_config(self, *options):
        done = run(["pkg-config", *options, "mapae"], env=self.env)
        if done.returncode:
            raise Failure("pkg-config: " + done.stderr)
        return shlex.split(done.stdout)

    def compile(self, compiler, *arguments):
        done = run([*compiler, *self.flags, "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
                    *arguments], cwd=self.folder)
        if done.returncode:
            raise Failure(done.stderr)

    def run(self, program, *arguments, code):
        done = run([os.path.join(self.folder, program), *arguments], env=self.env)
        if done.returncode != code:
            raise Failure(f"{program} ended with {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        return done.stdout


def decide(copy, *libraries, name):
    example = os.path.join(copy.source, "docs", "example")
    copy.compile(copy.cc, "-std=c17", f"{example}/decide.c", *copy.pkg_config("--cflags"), *libraries,
                 "-o", name)
    said = copy.run(name, f"{example}/policy.json", f"{example}/resource.json", code=1)
    if not said.startswith("storage-https-only: NonCompliant (deny)\n"):
        raise Failure("decide said: " + said)
    copy.run(name, f"{example}/policy.json", f"{example}/policy.json", code=0) # of no type: nothing applies
    copy.run(name, f"{example}/resource.json", f"{example}/policy.json", code=2)
    copy.run(name, "absent.json", f"{example}/resource.json", code=2)


def the_example_runs_with_the_shared_library(copy):
    decide(copy, *copy.pkg_config("--libs"), name="decide")


def the_example_runs_with_the_static_library(copy):
    libraries = [option for option in copy.pkg_config("--static", "--libs") if option != "-lmapae"]
    decide(copy, f"{copy.libdir}/libmapae.a", *libraries, name="decide-static")


def headers(copy):
    return sorted(os.path.basename(path) for path in glob.glob(copy.include + "/*.h"))


def all_headers_are_installed(copy):
    wanted = sorted(os.listdir(os.path.join(copy.source, "include", "mapae")))
    found = sorted(os.listdir(copy.include))
    if wanted != found:
        raise Failure(f"installed {found}, but the source has {wanted}")


def cpp_uses_every_header(copy):
    program = os.path.join(copy.source, "tests", "lib", "headers.cpp")
    with open(program, encoding="utf-8") as file:
        included = sorted(re.findall(r"#include <mapae/(.*)>", file.read()))
    if included != headers(copy):
        raise Failure(f"headers.cpp includes {included}, but there are {headers(copy)}")
    copy.compile(copy.cxx, "-std=c++17", program, *copy.pkg_config("--cflags", "--libs"), "-o", "headers")
    copy.run("headers", code=0)


def every_header_compiles_alone(copy):
    for header in headers(copy):
        for compiler, suffix, standard in ((copy.cc, "c", "c11"), (copy.cxx, "cpp", "c++11")):
            path = os.path.join(copy.folder, f"alone_{header}.{suffix}")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"#include <mapae/{header}>\nint alone(void);\n")
            copy.compile(compiler, f"-std={standard}", "-fsyntax-only", path, *copy.pkg_config("--cflags"))


def declared(copy):
    """Functions and objects that the headers declare and do not define."""
    names = set()
    for header in headers(copy):
        done = run([*copy.cc, "-std=c17", "-E", "-P", os.path.join(copy.include, header),
                    *copy.pkg_config("--cflags")])
        text = re.sub(r"\{[^{}]*\}", ";", re.sub(r"\{[^{}]*\}", ";", done.stdout))
        for line in re.findall(r"[^;{}]+;", text):
            if "static inline" in line or "typedef" in line:
                continue
            match = re.search(r"\b(mp_[a-z0-9_]+)\s*\(", line)
            if match:
                names.add(match[1])
    return names


def exactly_what_is_declared_is_exported(copy):
    done = run(["nm", "-D", "--defined-only", f"{copy.libdir}/libmapae.so"])
    exported = {line.split()[2] for line in done.stdout.splitlines() if len(line.split()) == 3}
    if copy.flags: # a sanitizer's runtime leaves names of its own
        exported = {name for name in exported if name.startswith("mp_")}
    wanted = declared(copy)
    if exported != wanted:
        raise Failure(f"declared only: {sorted(wanted - exported)}\nexported only: {sorted(exported - wanted)}")


TESTS = [all_headers_are_installed, every_header_compiles_alone, exactly_what_is_declared_is_exported,
         the_example_runs_with_the_shared_library, the_example_runs_with_the_static_library,
         cpp_uses_every_header]


def main():
    build, source, cc, cxx, *flags = sys.argv[1:]
    failed = 0
    print(f"1..{len(TESTS)}")
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(os.path.abspath(build), os.path.abspath(source), cc, cxx, flags, folder)
        for number, test in enumerate(TESTS, 1):
            try:
                test(copy)
                result = "ok"
            except Failure as failure:
                result = "not ok"
                failed += 1
                print("# " + str(failure).replace("\n", "\n# "))
            print(f"{result} {number} - {test.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
