#!/usr/bin/env bash
# Outside software reads the files of a court production: `tests/interop/production.sh PROGRAM_DIR`, the directory with `examples/write_volume`
# (`cargo build -p daybook-production --example write_volume`).
#   qpdf, poppler       every PDF, its pages and stamps; a search for what is withheld in what they get out of it
#   Python's csv, json  load files; the DAT by a reader of a few lines in production_files.py
#   veraPDF             PDF/A-2a and PDF/UA-1, where there are Maven and Java; said where there are not
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
programs=$(realpath "${1:?the directory with the programs is missing}")
cache=$programs/../interop/verapdf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "interop: $*" >&2; exit 1; }
[[ -x $programs/examples/write_volume ]] || fail "examples/write_volume is not there; cargo build -p daybook-production --example write_volume"
for tool in qpdf pdfinfo pdftotext python3; do
    command -v "$tool" > /dev/null || fail "$tool is missing; on Debian or Ubuntu: sudo apt-get install qpdf poppler-utils python3"
done

for profile in protective-order cora-person-in-interest; do
    "$programs/examples/write_volume" "$work/$profile" "$profile"
    python3 "$here/production_files.py" "$work/$profile"
done

if command -v mvn > /dev/null && command -v java > /dev/null; then
    if [[ ! -e $cache/validation-model-1.26.1.jar ]]; then
        mvn -q -B -f "$here/verapdf/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache"
    fi
    find "$work" -name '*.pdf' -print0 | sort -z | xargs -0 java -cp "$cache/*" "$here/verapdf/Check.java" 2> /dev/null
else
    echo "interop: veraPDF not run: there is no Maven or no Java"
fi
