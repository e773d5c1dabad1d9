#!/usr/bin/env bash
# Outside software reads what Daybook writes: `tests/interop/run.sh PROGRAM_DIR`, the directory with `daybook` and
# `daybook-testkit`. Makes a ledger of its own, fills it over a real bus, exports it and has it read by
#   PyPI aics-tlog and pymerkle      checkpoint, tiles, bundles, inclusion, consistency, receipts, roots
#   PyPI sd-jwt, npm @sd-jwt/core    events, whole and half disclosed
#   npm @asyncapi/specs, ajv         the description of the bus, the schemas and examples of the event types
#   qpdf, poppler, veraPDF           PDFs and load files of court productions (production.sh)
#   Tessera's fsck                   the whole export (with a Go toolchain)
# The crates tlog_tiles and signed_note are held against ours in tests/tests/tlog_agrees_with_others.rs.
# Readers are installed in ../interop beside the programs (target/interop) and kept; everything else lies in a temporary directory.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
programs=$(realpath "${1:?the directory with the daybook program is missing}")
cache=$programs/../interop
work=$(mktemp -d)
ledger_pid=

say() { echo "interop: $*"; }
fail() {
    echo "interop: $*" >&2
    [[ -e $work/ledger.log ]] && tail -n 20 "$work/ledger.log" >&2
    exit 1
}
stop_ledger() {
    [[ -n $ledger_pid ]] || return 0
    kill -TERM "$ledger_pid" 2> /dev/null || true
    wait "$ledger_pid" || true
    ledger_pid=
}
finish() {
    stop_ledger
    rm -rf "$work"
}
trap finish EXIT
for program in daybook daybook-testkit; do
    [[ -x $programs/$program ]] || fail "$programs/$program is not there; cargo build -p daybook-cli -p daybook-tests"
done
daybook() { "$programs/daybook" "$@"; }
testkit() { "$programs/daybook-testkit" "$@"; }

# --- The readers -------------------------------------------------------------------------------------------------------

install_python() {
    local venv=$cache/venv wanted
    wanted=$(cat "$here/requirements.txt" "$here/requirements-no-deps.txt")
    python=$venv/bin/python
    [[ -x $python && $(cat "$venv/installed" 2> /dev/null) == "$wanted" ]] && return
    command -v python3 > /dev/null || fail "there is no python3; on Debian or Ubuntu: sudo apt-get install python3-venv"
    if ! python3 -c 'import ensurepip' 2> /dev/null; then
        if ((EUID == 0)); then apt-get install -q -y python3-venv; else sudo apt-get install -q -y python3-venv; fi ||
            fail "python3 has no venv; on Debian or Ubuntu: sudo apt-get install python3-venv"
    fi
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" ||
        fail "pip could not install the readers; ops/test --offline leaves them out"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python \
        -r "$here/requirements-no-deps.txt"
    echo "$wanted" > "$venv/installed"
}

# Sets node_dir, or leaves it empty where there is no Node.
install_node() {
    node_dir=
    if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
        say "@sd-jwt/core, @asyncapi/specs, ajv (npm): not run: no node and npm; on Debian or Ubuntu: sudo apt-get install nodejs npm"
        return
    fi
    node_dir=$cache/node
    mkdir -p "$node_dir"
    cp "$here/node/"* "$node_dir/"
    cmp -s "$node_dir/package-lock.json" "$node_dir/node_modules/installed" && return
    (cd "$node_dir" && npm ci --silent --no-audit --no-fund) || fail "npm could not install the readers of $here/node/package.json"
    cp "$node_dir/package-lock.json" "$node_dir/node_modules/installed"
}

# --- A ledger with a few hundred entries -------------------------------------------------------------------------------

start_ledger() {
    daybook init --dir "$work/ledger" --origin interop.example/ledger > "$work/init.log" 2>&1 || fail "$(cat "$work/init.log")"
    # Not through the function above: in the background that is a shell around the program, and gets the signals.
    "$programs/daybook" up --dir "$work/ledger" --listen 127.0.0.1:0 > "$work/ledger.log" 2>&1 &
    ledger_pid=$!
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        [[ -s $work/ledger/bus/url ]] && return
        kill -0 "$ledger_pid" 2> /dev/null || fail "the ledger ended"
        sleep 0.1
    done
    fail "the ledger did not come up within 30 s"
}

publish() {
    daybook producer publish --home "$work/home" --json "$1" --quiet --wait 60 > "$work/publish.log" 2>&1 ||
        fail "publishing $1: $(tail -n 5 "$work/publish.log")"
}

make_log() {
    start_ledger
    local policy=$work/ledger/trust.policy seq
    daybook producer init --home "$work/home" --department sheriff --producer jail-records \
        --origin interop.example/ledger --bus "$(cat "$work/ledger/bus/url")" --policy "$policy" \
        > "$work/registration" 2> "$work/producer.log" || fail "$(cat "$work/producer.log")"
    daybook keys register --dir "$work/ledger" "$work/registration" > "$work/keys.log" 2>&1 || fail "$(cat "$work/keys.log")"
    testkit drafts --department sheriff --matters 110 > "$work/drafts"
    head -n 200 "$work/drafts" > "$work/first"
    tail -n +201 "$work/drafts" > "$work/rest"
    publish "$work/first"
    daybook log export --dir "$work/ledger" "$work/older" > "$work/export.log" 2>&1 || fail "$(cat "$work/export.log")"
    publish "$work/rest"
    daybook log export --dir "$work/ledger" "$work/export" > "$work/export.log" 2>&1 || fail "$(cat "$work/export.log")"
    mkdir "$work/receipts"
    for seq in 0 1 150 199 200 "$(($(wc -l < "$work/drafts") - 1))"; do
        daybook producer receipt --home "$work/home" "$seq" --out "$work/receipts/$seq.receipt"
    done
    stop_ledger
    awk '$1 == "log" { print $2 }' "$policy" > "$work/log.vkey"
}

mkdir -p "$cache"
install_python
install_node
make_log
say "a ledger of $(sed -n 2p "$work/export/checkpoint") entries"
"$python" "$here/read_log.py" --export "$work/export" --older "$work/older/checkpoint" \
    --policy "$work/ledger/trust.policy" --receipts "$work/receipts"
testkit samples --count 60 > "$work/samples"
"$python" "$here/read_events.py" "$work/samples"
if [[ -n $node_dir ]]; then
    node "$node_dir/read_events.mjs" "$work/samples"
    node "$node_dir/read_schemas.mjs" "$here/../../schemas"
fi
"$here/production.sh" "$programs"
"$here/fsck.sh" "$work/export" "$work/log.vkey" "$cache"
say "all agree"
