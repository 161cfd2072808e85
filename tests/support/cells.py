# SPDX-License-Identifier: Apache-2.0
"""Tables of a page and of a workbook, as lists of rows of cells."""
import html.parser
import re
import xml.etree.ElementTree
import zipfile

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Tables(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tables, self.cell = [], None

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.cell = ""

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell is not None:
            self.tables[-1][-1].append(" ".join(self.cell.split()))
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data


def of_page(text):
    reader = Tables()
    reader.feed(text)
    return reader.tables


def of_cell(cell):
    value = cell.find(f"{SHEET}v")
    return "".join(t.text or "" for t in cell.iter(f"{SHEET}t")) or (value.text if value is not None else "")


def of_book(path):
    with zipfile.ZipFile(path) as book:
        names = sorted((n for n in book.namelist() if n.startswith("xl/worksheets/")), key=lambda n: int(re.findall(r"\d+", n)[0]))
        sheets = [xml.etree.ElementTree.fromstring(book.read(n)) for n in names]
    return [[[of_cell(c) for c in row] for row in sheet.iter(f"{SHEET}row")] for sheet in sheets]
