"""Reads the volume of a production with nothing of ours: python3 production_files.py FOLDER [WITHHELD]

FOLDER is what write_volume made, or a production that was built and unpacked; WITHHELD is FOLDER/withheld.json where it is not named.
The DAT is parsed from its delimiters alone and held against the CSV (csv module) and the JSON Lines (json module); the OPT against the pages
that poppler counts; every PDF is checked by qpdf and stamped with the numbers that the load file gives it; and nothing in WITHHELD is found in any
file, neither in its bytes nor in the text that poppler or qpdf get out of a PDF.
"""
import csv
import hashlib
import json
import pathlib
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode


def dat_rows(raw):
    """A reader of its own: qualifier U+00FE, separator U+0014, CRLF between records, line ends inside values as U+00AE."""
    assert raw.startswith(b"\xef\xbb\xbf"), "no byte order mark"
    text, rows, row, at = raw[3:].decode("utf-8"), [], [], 0
    while at < len(text):
        assert text[at] == "\u00fe", f"no qualifier at {at}"
        at, value = at + 1, []
        while not (text[at] == "\u00fe" and text[at + 1 : at + 2] != "\u00fe"):
            value.append(text[at])
            at += 2 if text[at] == "\u00fe" else 1
        row.append("".join(value).replace("\u00ae", "\n"))
        at += 1
        if text[at] == "\u0014":
            at += 1
        else:
            assert text[at : at + 2] == "\r\n", f"no end of record at {at}"
            rows, row, at = rows + [row], [], at + 2
    return rows


def disguises(value):
    """As it is, in UTF-16 both ways round, and inside base64 of both alphabets at each of three offsets."""
    raw = value.encode()
    yield from (raw, value.encode("utf-16-le"), value.encode("utf-16-be"))
    for encode in (b64encode, urlsafe_b64encode):
        for offset in range(3):
            coded = encode(b"\0" * offset + raw)
            yield coded[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]


def run(*command):
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0, f"{command}: {done.stdout!r} {done.stderr!r}"
    return done.stdout


def main(folder, withheld=None):
    root = pathlib.Path(folder)
    volume = root / "data/VOL001"
    rows = dat_rows((volume / "DATA/VOL001.dat").read_bytes())
    with open(volume / "DATA/VOL001.csv", newline="", encoding="utf-8") as file:
        assert rows == list(csv.reader(file)), "DAT and CSV differ"
    lines = [json.loads(line) for line in open(volume / "DATA/VOL001.jsonl", encoding="utf-8")]
    assert [list(line.items()) for line in lines] == [list(zip(rows[0], row)) for row in rows[1:]], "JSON Lines differ"

    page = before = int(lines[0]["BEGBATES"][-8:]) - 1
    opt = (volume / "DATA/VOL001.opt").read_bytes().decode("ascii").split("\r\n")
    assert opt.pop() == "" and len(opt) == len(lines)
    texts = {}
    for line, fields in zip(lines, (row.split(",") for row in opt)):
        path = lambda column: root / "data" / line[column].removeprefix(".\\").replace("\\", "/")
        assert fields[:2] == [line["BEGBATES"], "VOL001"] and fields[3:6] == ["Y", "", ""] and fields[2] == line["IMAGEPATH"]
        pdf, native = path("IMAGEPATH"), path("NATIVEPATH").read_bytes()
        info = dict(row.split(":", 1) for row in run("pdfinfo", pdf).decode().splitlines() if ":" in row)
        assert int(info["Pages"]) == int(fields[6]) == int(line["PGCOUNT"]), f"pages of {pdf.name}"
        assert info["Tagged"].strip() == "yes"
        run("qpdf", "--check", pdf)
        text = run("pdftotext", "-layout", pdf, "-").decode()
        for number, on_page in enumerate(text.split("\f")[:-1], page + 1):
            assert f"{number:08}" in on_page.rstrip().splitlines()[-1], f"no Bates number {number} at the foot of {pdf.name}"
        page += int(line["PGCOUNT"])
        assert line["ENDBATES"].endswith(f"{page:08}")
        assert hashlib.sha256(native).hexdigest() == line["SHA256HASH"] and len(native) == int(line["FILESIZE"])
        texts[line["BEGBATES"]] = (path("TEXTPATH").read_text() + text).encode() + native + run("qpdf", "--qdf", "--object-streams=disable", pdf, "-")
    for name in ("certificate", "cover-letter", "form-37", "form-38"):
        run("qpdf", "--check", root / f"data/PAPERS/{name}.pdf")

    withheld, searched = json.load(open(withheld or root / "withheld.json")), 0
    for bates, values in withheld.items():
        for value in values:
            for form in disguises(value):
                assert form not in texts[bates], f"{bates} holds {value}"
                searched += 1
    print(f"production: {len(lines)} documents, {page - before} pages; {searched} searches for what is withheld found nothing")


main(*sys.argv[1:])
