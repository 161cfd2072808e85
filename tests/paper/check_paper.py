#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_paper.py MAPAE SOURCE - every form that comes with Mapae, over the documents of this folder, in every format and
language, read back: what the data says stands on the paper, and the sums agree. Speaks TAP."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
import zipfile

MAPAE, SOURCE = sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
FORMS = sorted(name[:-5] for name in os.listdir(f"{SOURCE}/content/forms"))
BOTH = ("statement-of-applicability", "gap-report") # in Korean and English also under sanitizers
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def data_of(form):
    with open(f"{HERE}/{form}.json", encoding="utf-8") as file:
        return json.load(file)


def render(form, lang, to, data=None, wanted=0, env=None):
    command = [MAPAE, "--lang", lang, "form", "render", form, "--data", data or f"{HERE}/{form}.json", "--to", to]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == wanted, f"{form} {lang} {to}: {done.returncode} {done.stderr}"
    return done.stderr


def read(path):
    with open(path, "rb") as file:
        return file.read()


def text_of(pdf):
    return subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout


def rows_of(xlsx):
    """{sheet: [[text]]}; no formula anywhere."""
    with zipfile.ZipFile(xlsx) as book:
        names = re.findall('<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode())
        sheets = {}
        for number, name in enumerate(names, 1):
            root = tree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(root.iter(MAIN + "f"))
            sheets[name] = [[(cell.findtext(MAIN + "v") or "".join(t.text or "" for t in cell.iter(MAIN + "t")))
                             for cell in row.iter(MAIN + "c")] for row in root.iter(MAIN + "row")]
        return sheets


def every_form_in_every_language(folder):
    for form in FORMS:
        for lang in ("ko", "en"):
            for kind in ("pdf", "xlsx", "html"):
                if "MAPAE_SAMPLED" in os.environ and lang == "en" and form not in BOTH:
                    continue
                render(form, lang, f"{folder}/{form}-{lang}.{kind}")
                assert len(read(f"{folder}/{form}-{lang}.{kind}")) > 5000


def the_same_input_gives_the_same_bytes(folder):
    for kind in ("pdf", "xlsx", "html"):
        form = "gap-report"
        render(form, "ko", f"{folder}/again.{kind}")
        assert read(f"{folder}/again.{kind}") == read(f"{folder}/{form}-ko.{kind}"), kind


def the_paper_is_searchable_and_says_what_it_is(folder):
    if not shutil.which("pdfinfo"):
        return "pdfinfo is not there"
    form = "statement-of-applicability"
    said = subprocess.run(["pdfinfo", f"{folder}/{form}-ko.pdf"], capture_output=True, text=True, check=True).stdout
    info = dict(re.split(r":\s+", line, maxsplit=1) for line in said.splitlines() if ": " in line)
    assert info["Title"] == "적용성 명세서" and info["Tagged"] == "yes", info
    assert info["CreationDate"].startswith("Fri Nov 20 09:00:00 2026"), info
    raw = read(f"{folder}/{form}-ko.pdf")
    assert b"/Lang (ko-KR)" in raw and b"/DisplayDocTitle true" in raw
    assert b"/Lang (en)" in read(f"{folder}/{form}-en.pdf")
    text = text_of(f"{folder}/{form}-ko.pdf")
    pages = int(info["Pages"])
    assert [int(n) for n in re.findall(rf"(\d+) / {pages}\n", text)] == list(range(2, pages + 1))
    contents = text.split("\f")[1]
    for number, title in re.findall(r"^(\d)\.\s+(\S[^.\n]*?)\s+\d+$", contents, re.M):
        page = int(re.search(rf"{number}\.\s+{re.escape(title)}\s+(\d+)$", contents, re.M).group(1))
        assert f"{number}. {title}" in text.split("\f")[page - 1], (number, title, page)
    for row in data_of(form)["rows"]:
        assert row["control"]["label"] in text and row["records"][0] in text.split("부록")[-1]
    head = "번호"
    assert all(head in page for page in text.split("\f")[3:-4]), "a table's head stands on each of its pages"
    return None


def numbers_agree_in_every_format(folder):
    for form, rows, column, value in (("statement-of-applicability", "rows", "이행 정도", "이행"),
                                      ("assessment-report", "controls", "결과", "적합")):
        data = data_of(form)
        sheets = rows_of(f"{folder}/{form}-ko.xlsx")
        table = next(rows for name, rows in sheets.items() if name.startswith("통제별"))
        at = table[0].index(column)
        counted = sum(row[at] == value for row in table[1:])
        wanted = sum(row.get("implementation") == "implemented" or row.get("state") == "compliant"
                     and "implementation" not in row for row in data[rows])
        assert counted == wanted and len(table) - 1 == len(data[rows]), (form, counted, wanted)
        page = read(f"{folder}/{form}-ko.html").decode()
        page = page[:page.rindex("<h2", 0, page.rindex("수치의 근거 기록</h2>"))]
        assert page.count(f">{value}</td>") == counted, (form, page.count(f">{value}</td>"), counted)
        assert re.search(rf"<dt>{value}</dt><dd>{counted}( <sup>|<)", page)
        if shutil.which("pdftotext"):
            raw = subprocess.run(["pdftotext", "-raw", f"{folder}/{form}-ko.pdf", "-"], capture_output=True, text=True,
                                 check=True).stdout
            assert re.search(rf"^{value} {counted}\b|^{value}\n{counted}\b", raw, re.M), form


def a_korean_machine_makes_the_same_paper(folder):
    """There fontconfig names the fonts in Korean."""
    for language in ("ko_KR.UTF-8", "en_US.UTF-8"):
        render("gap-report", "ko", f"{folder}/there.pdf", env={**os.environ, "LC_ALL": "", "LANG": language})
        assert read(f"{folder}/there.pdf") == read(f"{folder}/gap-report-ko.pdf"), language


def every_figure_names_its_records(folder):
    sheets = rows_of(f"{folder}/gap-report-ko.xlsx")
    listed = ", ".join(row[3] for row in sheets["수치의 근거 기록"][1:])
    for row in data_of("gap-report")["rows"]:
        assert row["control"]["id"] in listed


def every_row_names_its_records(folder):
    """By short references; the appendix has each record once, sorted, and links lead to it."""
    for form, ids_of in (("gap-report", lambda d: [g.get("records", []) for r in d["rows"] for g in r["gaps"]]),
                         ("assessment-report", lambda d: [p["ids"] for c in d["controls"] for p in c["parts"]])):
        wanted = ids_of(data_of(form))
        sheets = rows_of(f"{folder}/{form}-ko.xlsx")
        records = {row[0]: row[2] for row in sheets["근거 기록"][1:]}
        assert list(records.values()) == sorted({i for ids in wanted for i in ids})
        assert list(records) == [f"R{n}" for n in range(1, len(records) + 1)]
        table = next(rows for name, rows in sheets.items() if rows[0][-1:] == ["근거 기록"] and len(rows) - 1 == len(wanted))
        for row, ids in zip(table[1:], wanted):
            assert [records[n] for n in re.findall(r"\bR\d+\b", row[-1])] == sorted(set(ids)), (row, ids)
        page = read(f"{folder}/{form}-ko.html").decode()
        assert set(re.findall(r'href="#(r\d+)"', page)) == set(re.findall(r'id="(r\d+)"', page)) == {n.lower() for n in records}
        raw = read(f"{folder}/{form}-ko.pdf")
        assert raw.count(b"/Subtype /Link") >= sum(len(set(ids)) for ids in wanted)


def no_cell_ends_with_a_blank_line(folder):
    for form in FORMS:
        for name, rows in rows_of(f"{folder}/{form}-ko.xlsx").items():
            assert all(cell == cell.rstrip() for row in rows for cell in row), (form, name)


def no_head_stands_alone_at_the_bottom(folder):
    """Tables that begin at every height of a page, with first rows short, tall and taller than a page."""
    if not shutil.which("pdftotext"):
        return "pdftotext is not there"
    body, data, number = [], {}, 0
    for lines in (1, 12, 38, 75):
        for above in range(1, 40, 2):
            number += 1
            data[f"t{number}"] = [" ".join(f"row{number}" for _ in range(lines * 3))]
            body += [{"page": "break"}] + [{"text": f"above {n}"} for n in range(above)]
            body += [{"heading": f"Part{number}", "level": 1}, {"heading": f"Section{number}", "level": 2},
                     {"table": f"Caption{number}", "each": f"t{number}", "as": "r",
                      "columns": [{"head": f"Head{number}", "text": "{r}", "width": 30}, {"head": "Other", "text": "", "width": 70}]}]
    form, given = f"{folder}/heads.json", f"{folder}/heads-data.json"
    with open(form, "w", encoding="utf-8") as file:
        json.dump({"title": "Heads", "paper": {"cover": False, "contents": False}, "body": body}, file)
    with open(given, "w", encoding="utf-8") as file:
        json.dump(data, file)
    render(form, "en", f"{folder}/heads.pdf", given)
    pages = text_of(f"{folder}/heads.pdf").split("\f")
    for table in range(1, number + 1):
        first = next(page for page in pages if re.search(rf"\bHead{table}\b", page))
        for word in (f"Part{table}", f"Section{table}", f"Caption{table}", f"row{table}"):
            assert re.search(rf"\b{word}\b", first), f"{word} is not where Head{table} is: {first}"


def hostile_data_stays_data(folder):
    data = data_of("gap-report")
    hostile = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "a\x1b[31m\x00b", "\u202eright to left", "العربية עברית",
               "가" * 5000, "x" * 20000, "word " * 8000, "\n" * 300, "\ud83d\ude00" * 50,
               "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\uff1d1+1", "a\ufffeb\uffff", "a\ufdd0b", "a\U0010ffffb"]
    for row, text in zip(data["rows"], hostile):
        row["control"]["title"] = {"ko": text, "en": text}
        row["gaps"][0]["about"] = text
        row["team"] = text[:400]
    data["measure"]["title"] = data["measure"]["owner"] = "<b>\uffff\ufdd0\U0001fffe\u202e" + "긴제목" * 200
    with open(f"{folder}/hostile.json", "w", encoding="utf-8") as file:
        json.dump(data, file)
    for kind in ("pdf", "xlsx", "html"):
        render("gap-report", "en", f"{folder}/hostile.{kind}", f"{folder}/hostile.json")
    page = read(f"{folder}/hostile.html").decode()
    assert "<script" not in page and "\x1b" not in page and "\u202e" not in page
    cells = {cell for rows in rows_of(f"{folder}/hostile.xlsx").values() for row in rows for cell in row}
    assert {"+1+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0"} <= cells, "a text stays a text, and whole"
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-raw", f"{folder}/hostile.pdf", "-"], capture_output=True, text=True,
                              check=True).stdout
        assert text.count("x") > 20000 and len(re.findall("가", text)) >= 5000, "a row over several pages loses nothing"


def a_page_runs_nothing(folder):
    for form in FORMS:
        page = read(f"{folder}/{form}-ko.html").decode()
        assert "default-src 'none'; style-src 'sha256-" in page and "<script" not in page and " style=" not in page
        assert "http://" not in page and "src=" not in page


def what_is_missing_is_named(folder):
    data = data_of("gap-report")
    del data["rows"][1]["gaps"][0]["todo"]
    with open(f"{folder}/less.json", "w", encoding="utf-8") as file:
        json.dump(data, file)
    said = render("gap-report", "en", f"{folder}/less.pdf", f"{folder}/less.json", 2)
    assert "'g.todo'" in said and not os.path.exists(f"{folder}/less.pdf"), said
    own = f"{folder}/own.json"
    with open(own, "w", encoding="utf-8") as file:
        file.write('{"title": "T",\n "body": [\n  {"text": "{totals.gapps}"}]}')
    said = render(own, "en", f"{folder}/own.pdf", f"{HERE}/gap-report.json", 2)
    assert "own.json:3:12" in said and "totals.gapps" in said, said
    said = render("gap-raport", "ko", f"{folder}/own.pdf", f"{HERE}/gap-report.json", 2)
    assert "gap-report" in said, said
    render("gap-report", "en", f"{folder}/own.docx", f"{HERE}/gap-report.json", 2)


def main():
    checks = [every_form_in_every_language, the_same_input_gives_the_same_bytes,
              the_paper_is_searchable_and_says_what_it_is, numbers_agree_in_every_format, every_figure_names_its_records,
              a_korean_machine_makes_the_same_paper, every_row_names_its_records, no_cell_ends_with_a_blank_line,
              no_head_stands_alone_at_the_bottom, hostile_data_stays_data, a_page_runs_nothing, what_is_missing_is_named]
    print(f"1..{len(checks)}")
    with tempfile.TemporaryDirectory() as folder:
        for number, check in enumerate(checks, 1):
            try:
                skipped = check(folder)
                print(f"ok {number} - {check.__name__}" + (f" # SKIP {skipped}" if skipped else ""), flush=True)
            except (AssertionError, KeyError, IndexError, ValueError, OSError, StopIteration,
                    subprocess.CalledProcessError) as fault:
                print(f"not ok {number} - {check.__name__}\n# {type(fault).__name__} {str(fault)[:600]}", flush=True)


main()
