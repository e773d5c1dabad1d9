#!/usr/bin/env bash
# verify.html in the browsers of this machine: `tests/browser/run.sh FOLDER [ZIP POLICY]`, with a folder that holds `verify.html`, a sample production
# `*-P0001.zip` and its `trust.policy`. Where a production that was built from a ledger is named, with that ledger's policy, the page that travels
# in it is tried on it instead. Screenshots are put into the folder. A browser that is missing is told and passed over.
# What drives the browsers comes from the npm registry and is kept in FOLDER/node.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
folder=$(realpath "${1:?the folder with the page and the sample is missing}")
say() { echo "browser: $*"; }

find_program() {
    local name
    for name in "$@"; do command -v "$name" && return; done
    return 0
}

if ! command -v npm > /dev/null || [[ $(node --version 2> /dev/null) != v2[0-9]* ]]; then
    say "not run: there is no node 20 with npm; on Debian or Ubuntu: sudo apt-get install nodejs npm"
    exit 0
fi
DAYBOOK_CHROMIUM=$(find_program chromium chromium-browser google-chrome)
DAYBOOK_FIREFOX=$(find_program firefox-esr firefox)
[[ -n $DAYBOOK_CHROMIUM ]] || say "Chromium: not run: it is not there; on Debian: sudo apt-get install chromium"
[[ -n $DAYBOOK_FIREFOX ]] || say "Firefox: not run: it is not there; on Debian: sudo apt-get install firefox-esr"
[[ -n $DAYBOOK_CHROMIUM$DAYBOOK_FIREFOX ]] || exit 0

node_dir=$folder/node
mkdir -p "$node_dir" "$folder/screenshots"
cp "$here"/*.mjs "$here"/package*.json "$node_dir/"
if ! cmp -s "$node_dir/package-lock.json" "$node_dir/node_modules/installed"; then
    if ! (cd "$node_dir" && npm ci --silent --ignore-scripts --no-audit --no-fund); then
        say "not run: npm could not install what $here/package.json names"
        exit 0
    fi
    cp "$node_dir/package-lock.json" "$node_dir/node_modules/installed"
fi

export DAYBOOK_CHROMIUM DAYBOOK_FIREFOX
export DAYBOOK_SHOTS=$folder/screenshots DAYBOOK_VERIFIER=$here/../../schemas/verify
if [[ -n ${2-} ]]; then
    DAYBOOK_BUILT=$(realpath "$2")
    DAYBOOK_BUILT_POLICY=$(realpath "${3:?the policy of the ledger is missing}")
    export DAYBOOK_BUILT DAYBOOK_BUILT_POLICY
    exec node --test --test-reporter=spec "$node_dir/built.test.mjs"
fi
DAYBOOK_SAMPLE=$(find "$folder" -maxdepth 1 -name '*-P0001.zip' | head -n 1)
export DAYBOOK_SAMPLE DAYBOOK_PAGE=$folder/verify.html DAYBOOK_POLICY=$folder/trust.policy
node --test --test-reporter=spec "$node_dir/page.test.mjs"
