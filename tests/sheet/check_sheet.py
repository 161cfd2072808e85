#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_sheet.py PROGRAM - run the tests of the writer, then read what it wrote with eyes of our own. Speaks TAP."""
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
import zipfile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells_of(book, name):
    """(reference, type, text) of each cell; a formula is a fault."""
    root = tree.fromstring(book.read(name))
    assert not list(root.iter(MAIN + "f")), f"{name} has a formula"
    for cell in root.iter(MAIN + "c"):
        text = "".join(part.text or "" for part in cell.iter(MAIN + "t"))
        value = cell.find(MAIN + "v")
        yield cell.get("r"), cell.get("t"), text if value is None else value.text


def hostile_texts_are_texts(folder):
    with zipfile.ZipFile(f"{folder}/book.xlsx") as book:
        cells = {where: (kind, text) for where, kind, text in cells_of(book, "xl/worksheets/sheet1.xml")}
        wanted = ["=HYPERLINK(\"http://x\",\"y\")", "+82-2-1234", "-1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0",
                  "a<U+0001>b<U+001B>[31m", "_x005F_x0041_ _x005F_x000D_", "<a>&\"'</a>", "two\nlines",
                  "bad \ufffd byte", "a<U+202E>gnp", "nul<U+0000>x", "  blanks  ", "12345678901234567890"]
        for row, text in enumerate(wanted, 2):
            assert cells[f"B{row}"] == ("inlineStr", text), (cells[f"B{row}"], text)
        assert cells["C2"] == (None, "-3") and cells["D5"][1] in ("", None)
        assert cells["E3"][1] == "46081", cells["E3"]


def the_book_is_one_to_work_with(folder):
    with zipfile.ZipFile(f"{folder}/book.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert 'ySplit="1"' in sheet and 'xSplit="1"' in sheet and 'state="frozen"' in sheet
        assert '<autoFilter ref="A1:F17"/>' in sheet, re.findall("<autoFilter[^>]*>", sheet)
        names = re.findall('<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode())
        assert names == ["통제 항목", "통제 항목 (2)", "history (2)"], names
        core = book.read("docProps/core.xml").decode()
        assert "2026-01-31T09:00:00Z" in core and "적용성 명세서 &lt;1&gt;" in core
        assert {item.date_time for item in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        links = book.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
        assert "javascript" not in links and links.count("https://example.org/a?b=1&amp;c=2") == 15


def what_is_cut_says_so(folder):
    with zipfile.ZipFile(f"{folder}/long.xlsx") as book:
        (_, _, text), = cells_of(book, "xl/worksheets/sheet1.xml")
        assert len(text) == 32767 and text.endswith("가 [...]"), (len(text), text[-9:])


def main():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.argv[1], folder], capture_output=True, text=True)
        sys.stderr.write(done.stdout + done.stderr)
        checks = [hostile_texts_are_texts, the_book_is_one_to_work_with, what_is_cut_says_so]
        print(f"1..{len(checks) + 1}")
        print("ok 1 - the writer's own tests" if done.returncode == 0 else "not ok 1 - the writer's own tests")
        for number, check in enumerate(checks, 2):
            try:
                check(folder)
                print(f"ok {number} - {check.__name__}")
            except (AssertionError, KeyError, ValueError) as fault:
                print(f"not ok {number} - {check.__name__}\n# {fault}")


main()
