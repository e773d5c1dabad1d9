#!/usr/bin/env bash
# Outside software reads a production that was built from a ledger: `tests/interop/built.sh PROGRAM_DIR ZIP [WITHHELD]`, the directory with the
# programs, the package, and a list of what must be nowhere in it (`DAYBOOK_KEEP=DIR cargo test -p daybook-tests --test production_making` leaves both).
#   Python's zipfile, bagit     the archive and the bag (bagit where tests/interop/run.sh has installed it)
#   bash, coreutils, openssl    the hand check of the package, as it stands
#   qpdf, poppler, csv, json    PDFs and load files (production_files.py)
#   veraPDF                     PDF/A-2a and PDF/UA-1, where tests/interop/production.sh has installed it
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
programs=$(realpath "${1:?the directory with the programs is missing}")
zip=$(realpath "${2:?the package is missing}")
withheld=${3-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "interop: $*" >&2; exit 1; }
for tool in qpdf pdfinfo pdftotext python3; do
    command -v "$tool" > /dev/null || fail "$tool is missing; on Debian or Ubuntu: sudo apt-get install qpdf poppler-utils python3"
done

python=$programs/../interop/venv/bin/python
[[ -x $python ]] || python=python3
root=$("$python" "$here/unpack.py" "$zip" "$work")
"$here/hand_check.sh" "$root" | tail -n 1
[[ -n $withheld ]] || { withheld=$work/nothing.json; echo '{}' > "$withheld"; }
python3 "$here/production_files.py" "$root" "$withheld"
verapdf=$programs/../interop/verapdf
if [[ -e $verapdf/validation-model-1.26.1.jar ]] && command -v java > /dev/null; then
    find "$root" -name '*.pdf' -print0 | sort -z | xargs -0 java -cp "$verapdf/*" "$here/verapdf/Check.java" 2> /dev/null
else
    echo "interop: veraPDF not run: tests/interop/production.sh has not installed it, or there is no Java"
fi
