#!/bin/bash
# The same capture in every form that it can come in gives the same findings:
# a file, a pipe, compressed, split and put together in any order, in other
# byte orders, resolutions and formats. Compared are the findings, endpoints
# and exchanges of the JSON report without the names of files.
set -u
WHYEOF=${WHYEOF:-build/whyeof}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
FAILED=0

CAPTURES='
    go-write-timeout-reused go-panic-mid-body go-read-timeout-body
    dead-peer-probes idle-path-drop-rst zero-window-then-completes
    connect-refused client-abort-upload healthy-framings healthy-ipv6
    healthy-pipelined healthy-snaplen healthy-any-interface
    healthy-any-loopback capture-ends-mid-body gunicorn-worker-timeout'

cat > "$WORK/compare.py" <<'PYTHON'
"""compare.py CAPTURE FOLDER: is each report in FOLDER as the one named file?"""
import json
import os
import sys

capture, folder = sys.argv[1:]


def facts(name):
    """What a report says, without where it was read from."""
    text = open(os.path.join(folder, name), encoding="utf-8").read()
    try:
        report = json.loads(text)
    except ValueError:
        return "no report: " + text[-200:].replace("\n", " ")
    for finding in report["findings"]:
        for evidence in finding["evidence"]:
            evidence.pop("file", None)
    return {k: report[k] for k in ("summary", "endpoints", "findings",
                                   "exchanges")}


def difference(name, whole):
    if isinstance(whole, str) or isinstance(name, str):
        return whole if isinstance(whole, str) else name
    return next((key for key in whole if whole[key] != name[key]), None)


whole = facts("file")
failed = False
for name in sorted(os.listdir(folder)):
    apart = difference(facts(name), whole)
    if apart:
        failed = True
        print("FAIL %s %s: %s" % (capture, name, apart))
    else:
        print("ok %s %s" % (capture, name))
sys.exit(failed)
PYTHON

cat > "$WORK/rewrite.py" <<'PYTHON'
"""rewrite.py FILE OUT: OUT.{0,1,2}.pcap a third each, OUT.nano, OUT.swapped
and OUT.both the whole in nanoseconds, the other byte order, and both."""
import struct
import sys

source, out = sys.argv[1:]
data = open(source, "rb").read()
order = "<" if data[0] in (0xd4, 0x4d) else ">"
other = "><"[order == ">"]
nano = 0xa1b23c4d in struct.unpack(order + "I", data[:4])
fields = struct.unpack(order + "HHiIII", data[4:24])
records = []
at = 24
while at + 16 <= len(data):
    record = struct.unpack(order + "IIII", data[at:at + 16])
    records.append((record, data[at + 16:at + 16 + record[2]]))
    at += 16 + record[2]


def write(name, order, to_nano, records):
    factor = 1000 if to_nano and not nano else 1
    magic = 0xa1b23c4d if to_nano or nano else 0xa1b2c3d4
    with open(out + name, "wb") as file:
        file.write(struct.pack(order + "IHHiIII", magic, *fields))
        for (seconds, fraction, kept, size), packet in records:
            file.write(struct.pack(order + "IIII", seconds, fraction * factor,
                                   kept, size) + packet)


third = (len(records) + 2) // 3
for part in range(3):
    write(".%d.pcap" % part, order, nano,
          records[part * third:(part + 1) * third])
write(".nano", order, True, records)
write(".swapped", other, nano, records)
write(".both", other, True, records)
PYTHON

# read_as FORM FILE...: keeps the report on the files, or on standard input
read_as() {
    local form=$WORK/reports/$1
    shift
    timeout 20 "$WHYEOF" -x --format json "$@" > "$form" 2> "$WORK/err"
    local status=$?
    [ $status -le 1 ] || { echo "status $status"; cat "$WORK/err"; } > "$form"
}

has() {
    command -v "$1" > /dev/null || { echo "skip $NAME $2: needs $1"; return 1; }
}

read_pipes() {
    cat "$FILE" | read_as pipe -
    read_as 'standard input' - < "$FILE"
    # a slow writer: the pieces end anywhere
    { head -c 30 "$FILE"; sleep 0.05; tail -c +31 "$FILE"; } |
        read_as 'slow pipe' -
    has tcpdump tcpdump || return
    tcpdump -r "$FILE" -w - 2> "$WORK/err" | read_as tcpdump -
}

read_compressed() {
    local tool
    for tool in gzip zstd lz4; do
        has $tool $tool || continue
        $tool -c < "$FILE" > "$WORK/packed.$tool"
        read_as $tool "$WORK/packed.$tool"
        read_as "$tool on standard input" - < "$WORK/packed.$tool"
    done
}

read_rewritten() {
    local form
    local again=$WORK/again
    python3 "$WORK/rewrite.py" "$FILE" "$again"
    for form in nano swapped both; do
        read_as $form "$again.$form"
    done
    read_as 'three files' "$again".[012].pcap
    read_as 'three files, last first' \
        "$again".2.pcap "$again".1.pcap "$again".0.pcap
    read_as 'two files and standard input' \
        "$again".1.pcap - "$again".0.pcap < "$again".2.pcap
    has editcap pcapng || return
    editcap -F pcapng "$FILE" "$again.pcapng" 2> "$WORK/err"
    read_as pcapng "$again.pcapng"
    read_as 'pcapng on standard input' - < "$again.pcapng"
}

for NAME in $CAPTURES; do
    FILE=testdata/captures/$NAME.pcap
    rm -rf "$WORK/reports"
    mkdir "$WORK/reports"
    read_as file "$FILE"
    read_pipes
    read_compressed
    read_rewritten
    python3 "$WORK/compare.py" "$NAME" "$WORK/reports" || FAILED=1
done
exit $FAILED
