#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write docs/controls from content: for each framework which control is checked by machine, partly or by persons,
why, and by which policies; and all policies with the controls they answer. English, and Korean in docs/controls/ko.

  make_control_pages.py SOURCE_ROOT            write them
  make_control_pages.py SOURCE_ROOT --check    write nothing; exit 1 when one is not as it would be written"""
import collections
import pathlib
import sys

from make_initiatives import controls_of, effect_default, korean, policies_of, read

LANGUAGES = ("en", "ko")
WORDS = {
    "en": {
        "made": "Made by tools/make_control_pages.py: change content instead.",
        "other": "[한국어]({})",
        "index": "Control by control",
        "intro": "What of each framework a machine checks, what persons check, and why. The tables follow from "
                 "`content/catalog` and `content/policies`; [the catalogue](../catalog.md) says how they are written, "
                 "[content](../../content/README.md) what ships.",
        "framework": "Framework", "scheme": "Scheme", "controls": "Controls",
        "machine": "Machine", "part": "Partly", "person": "Persons", "policies": "Policies",
        "control": "Control", "by": "Checked by", "why": "Why", "schemes": "Schemes", "all": "all",
        "by.machine": "machine", "by.part": "partly", "by.person": "persons",
        "meaning": ["**Machine**: what the control demands can be read from the documents of resources, clusters and "
                    "hosts.",
                    "**Partly**: a machine sees a part of it; the rest is answered by evidence and by persons.",
                    "**Persons**: nothing of it stands in such documents. Evidence and questions answer it."],
        "back": "[All frameworks](README.md)",
        "policies.title": "Policies and the controls they answer",
        "policies.intro": "{0} policies. A name is that of `content/policies/AREA/NAME.json` and of its tests beside it; "
                          "the definition is called `mapae-AREA-NAME`. Conditions are over Azure Resource Manager, "
                          "Kubernetes and host documents ([hosts](../hosts.md)). Those with \u2020 read members of "
                          "Azure's resources for which Azure Policy has no alias: Mapae finds them by the rule of "
                          "[aliases](../aliases.md), Azure itself would refuse the definition (`metadata.beyondAzure`).",
        "policy": "Policy", "checks": "What it checks", "effect": "Effect", "answers": "Controls",
        "public": "Groups of public initiatives that are attached to it: {0}.",
    },
    "ko": {
        "made": "tools/make_control_pages.py가 만든 문서입니다. content를 고치십시오.",
        "other": "[English]({})",
        "index": "통제별 점검 방법",
        "intro": "각 기준에서 무엇을 기계가 점검하고 무엇을 사람이 점검하는지, 그 까닭은 무엇인지를 통제마다 적었습니다. "
                 "표는 `content/catalog`와 `content/policies`에서 만듭니다. 쓰는 방법은 [카탈로그](../../catalog.ko.md)에, "
                 "들어 있는 것은 [콘텐츠](../../../content/README.md)에 있습니다.",
        "framework": "기준", "scheme": "평가 유형", "controls": "통제",
        "machine": "기계", "part": "일부", "person": "사람", "policies": "정책",
        "control": "통제", "by": "점검 방법", "why": "까닭", "schemes": "평가 유형", "all": "전부",
        "by.machine": "기계", "by.part": "일부", "by.person": "사람",
        "meaning": ["**기계**: 통제가 요구하는 것을 리소스, 클러스터, 호스트의 문서에서 읽을 수 있습니다.",
                    "**일부**: 기계가 한 부분을 점검하고, 나머지는 증적과 사람이 답합니다.",
                    "**사람**: 그런 문서에는 나타나지 않습니다. 증적과 질문으로 점검합니다."],
        "back": "[모든 기준](README.md)",
        "policies.title": "정책과 그 정책이 답하는 통제",
        "policies.intro": "정책은 모두 {0}개입니다. 이름은 `content/policies/영역/이름.json`과 그 옆 시험 파일의 이름이며, "
                          "정의의 이름은 `mapae-영역-이름`입니다. 조건은 Azure Resource Manager, Kubernetes, "
                          "호스트([호스트](../../hosts.ko.md))의 문서를 봅니다. \u2020 표시가 있는 정책은 Azure Policy에 별칭이 "
                          "없는 멤버를 봅니다. Mapae는 [별칭](../../aliases.md)의 규칙으로 찾지만, Azure에 그대로 등록할 수는 "
                          "없습니다(`metadata.beyondAzure`).",
        "policy": "정책", "checks": "점검하는 것", "effect": "효과", "answers": "통제",
        "public": "이 기준에 연결된 공개 이니셔티브의 그룹: {0}.",
    },
}
KINDS = ("machine", "part", "person")


def label_of(control):
    return next(p["value"] for p in control["props"] if p["name"] == "label")


def title_of(thing, lang):
    return korean(thing) if lang == "ko" else thing["title"]


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def row(*cells):
    return "| " + " | ".join(cell(str(c)) for c in cells) + " |"


def table(head, rows):
    return [row(*head), "|" + "---|" * len(head), *(row(*r) for r in rows), ""]


class Framework:
    def __init__(self, folder):
        self.name = folder.name
        self.catalog = read(folder / "catalog.json")["catalog"]
        self.controls = list(controls_of(self.catalog))
        self.answers = {a["control"]: a for a in read(folder / "answers.json")["answers"]["controls"]}
        self.schemes = {p.name.removesuffix(".profile.json"): read(p)["profile"]
                        for p in sorted(folder.glob("*.profile.json"))}
        self.chosen = {name: {i for imported in profile["imports"] for include in imported.get("include-controls", [])
                              for i in include.get("with-ids", [])} for name, profile in self.schemes.items()}

    def title(self, lang):
        metadata = self.catalog["metadata"]
        return title_of(metadata, lang)

    def by(self, control):
        return self.answers.get(control["id"], {}).get("checkedBy", "person")

    def policies(self, control):
        return self.answers.get(control["id"], {}).get("policies", [])

    def counts(self, among=None):
        """controls, machine, part, person, policies"""
        controls = [c for c, _ in self.controls if among is None or c["id"] in among]
        kinds = collections.Counter(self.by(c) for c in controls)
        return [len(controls), *(kinds[k] for k in KINDS), len({p for c in controls for p in self.policies(c)})]


def short(policy):
    return policy.removeprefix("mapae-")


def totals(words):
    return [words["controls"], *(words[k] for k in KINDS), words["policies"]]


def framework_page(framework, lang):
    words = WORDS[lang]
    several = len(framework.schemes) > 1
    lines = heading(framework.title(lang), framework.name, lang) + [words["back"], ""]
    rows = [[words["all"], *framework.counts()]]
    rows += [[title_of(profile["metadata"], lang), *framework.counts(framework.chosen[name])]
             for name, profile in framework.schemes.items()] if several else []
    lines += table([words["scheme"], *totals(words)], rows) + [f"- {meaning}" for meaning in words["meaning"]] + [""]
    head = [words["control"], words["by"], *([words["schemes"]] if several else []), words["why"], words["policies"]]
    last, rows = None, []
    for control, section in framework.controls:
        if section is not last:
            lines += table(head, rows) if rows else []
            lines += [f"## {label_of(section)} {title_of(section, lang)}", ""]
            last, rows = section, []
        rows.append(control_row(framework, control, lang, several))
    return lines + table(head, rows)


def control_row(framework, control, lang, several):
    answer, words = framework.answers.get(control["id"], {}), WORDS[lang]
    inside = [name for name in framework.schemes if control["id"] in framework.chosen[name]]
    said = words["all"] if len(inside) == len(framework.schemes) else ", ".join(inside)
    why = answer.get("why", {}).get(lang, "")
    if answer.get("groups"):
        why += (" " if why else "") + words["public"].format(", ".join(f"`{g}`" for g in answer["groups"]))
    return [f"**{label_of(control)}** {title_of(control, lang)}", words["by." + framework.by(control)],
            *([said] if several else []), why, " ".join(f"`{short(p)}`" for p in framework.policies(control))]


def heading(title, name, lang):
    """With a link to the page in the other language."""
    other = f"ko/{name}.md" if lang == "en" else f"../{name}.md"
    return [f"# {title}", "", f"*{WORDS[lang]['other'].format(other)}*", ""]


def index_page(frameworks, policies, lang):
    words = WORDS[lang]
    rows = [[f"[{f.title(lang)}]({f.name}.md)", *f.counts()] for f in frameworks]
    return [*heading(words["index"], "README", lang), words["intro"], "",
            *table([words["framework"], *totals(words)], rows), *(f"- {m}" for m in words["meaning"]), "",
            f"[{words['policies.title']}](policies.md): {len(policies)}", ""]


def policies_page(frameworks, policies, lang):
    words = WORDS[lang]
    lines = [*heading(words["policies.title"], "policies", lang), words["back"], "",
             words["policies.intro"].format(len(policies)), ""]
    answered = collections.defaultdict(lambda: collections.defaultdict(list))
    for framework in frameworks:
        for control, _ in framework.controls:
            for policy in framework.policies(control):
                answered[policy][framework.name].append(label_of(control))
    areas = collections.defaultdict(list)
    for policy, properties in sorted(policies.items()):
        said = properties["metadata"]["localized"]["ko"] if lang == "ko" else properties
        where = "; ".join(f"{name} {', '.join(labels)}" for name, labels in answered[policy].items())
        mark = " \u2020" if properties["metadata"].get("beyondAzure") else ""
        area = short(policy).split("-")[0]
        areas[area].append([f"`{short(policy)}`{mark}", said["displayName"], effect_default(properties), where])
    head = [words[column] for column in ("policy", "checks", "effect", "answers")]
    for area, rows in areas.items():
        lines += [f"## {area} ({len(rows)})", "", *table(head, rows)]
    return lines


def pages(root):
    """path below docs/controls -> text"""
    policies = policies_of(root)
    frameworks = [Framework(p.parent) for p in sorted((root / "content/catalog").glob("*/answers.json"))]
    for lang in LANGUAGES:
        below = "" if lang == "en" else "ko/"
        found = {f.name: framework_page(f, lang) for f in frameworks}
        found["README"] = index_page(frameworks, policies, lang)
        found["policies"] = policies_page(frameworks, policies, lang)
        for name, lines in found.items():
            yield f"{below}{name}.md", f"<!-- {WORDS[lang]['made']} -->\n\n" + "\n".join(lines).rstrip() + "\n"


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    folder, old, made = root / "docs/controls", [], dict(pages(root))
    if len(sys.argv) == 3:
        there = {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in folder.rglob("*.md")}
        old = sorted(name for name in {*made, *there} if made.get(name) != there.get(name))
    for name, text in made.items() if len(sys.argv) == 2 else []:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    if old:
        sys.exit("make_control_pages.py: not as content would have them (tools/make_control_pages.py . writes them): "
                 + ", ".join(old))


if __name__ == "__main__":
    main()
