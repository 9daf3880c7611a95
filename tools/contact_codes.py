"""Telephone area codes and postcode prefixes with the divisions that use them, for build_jurisdictions.py.

Sources: PyPI phone (the carriers' book: province, city, postcode, area code), phonenumbers (libphonenumber's names of
the area codes), china_region (a postcode for each county). Both say where a number belongs, not where a county ends:
they serve to tell divisions of one name apart, and a number that several places share names them all.
"""

from __future__ import annotations

import csv
import io
import re
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable

Find = Callable[[str, str], list[str]]  # (province as printed, place as printed) → codes of any year


def area_codes(phone_dat: bytes, geodata: Iterable[bytes], find: Find) -> dict[str, set[str]]:
    """Area code with its leading 0 → prefectures, or counties under no prefecture, that use it.

    `phone_dat` starts with four bytes of version and the offset of its index; between them stand the records
    `province|city|postcode|area code`, ended by a zero byte.
    """
    book: dict[str, set[str]] = defaultdict(set)
    records = phone_dat[8 : struct.unpack("<i", phone_dat[4:8])[0]].split(b"\0")
    for record in records:
        if record:
            province, city, _, area = record.decode().split("|")
            book["0" + area.lstrip("0")].update(find(province, city))
    pattern = re.compile(rb"'86(\d{2,3})':\{[^}]*'zh': u\('([^']*)'\)")
    for source in geodata:
        for match in pattern.finditer(source):
            area = "0" + match[1].decode()
            if area not in book:  # a mobile range, or the front of several area codes
                continue
            text = match[2].decode("unicode_escape")
            province_match = re.match(r"(黑龙江|内蒙古|..)(?:省|市$)?", text)
            assert province_match is not None
            for place in re.split("、", text[province_match.end() :]):
                book[area].update(find(province_match[1], place))
    return {area: codes for area, codes in book.items() if codes}


def postcodes(region_csv: bytes, find: Find, find_in: Callable[[str, str, str], list[str]]) -> dict[str, set[str]]:
    """The first four digits of a postcode → the counties and prefectures that have it.

    A prefix that the source gives to two provinces is a slip or a border and is left out.
    """
    book: dict[str, set[str]] = defaultdict(set)
    for row in csv.DictReader(io.StringIO(region_csv.decode())):
        if not re.fullmatch(r"\d{6}", row["zipCode"] or "") or row["zipCode"].startswith("9"):
            continue
        province, city, county = row["province"], row["city"], row["county"]
        codes = find(province, city) if county == city else find_in(province, city, county)
        book[row["zipCode"][:4]].update(codes)
    return {prefix: codes for prefix, codes in book.items() if codes and len({c[:2] for c in codes}) == 1}
