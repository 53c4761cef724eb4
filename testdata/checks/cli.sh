#!/bin/bash
# The command line: every option does what --help says, every wrong use is told
# in words and ends with status 2, and what captures carry never reaches the
# terminal as it is.
set -u
WHYEOF=$(realpath "${WHYEOF:-build/whyeof}")
MKSCENE=$(realpath "${BUILD:-build}")/mkscene
CAPTURES=$PWD/testdata/captures
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
chmod 755 "$WORK"
FAILED=0
unset NO_COLOR

GO=$CAPTURES/go-write-timeout-reused.pcap     # write-timeout-eof, error
ABORT=$CAPTURES/client-abort-upload.pcap      # client-abort, warning
OPEN=$CAPTURES/capture-ends-mid-body.pcap     # ending-not-captured, info
WELL=$CAPTURES/healthy-framings.pcap          # nothing

ok() { echo "ok $1"; }
fail() { echo "FAIL $1: $2"; FAILED=1; }

# run ARGUMENT...: leaves out, err and STATUS
run() {
    timeout 20 "$WHYEOF" "$@" > "$WORK/out" 2> "$WORK/err" < /dev/null
    STATUS=$?
}

out_has() { grep -qF -- "$1" "$WORK/out"; }
err_has() { grep -qF -- "$1" "$WORK/err"; }
json() { python3 -c "import json; d = json.load(open('$WORK/out')); $1"; }

# told NAME TEXT ARGUMENT...: status 2, TEXT on standard error
told() {
    local name=$1 text=$2
    shift 2
    run "$@"
    if [ $STATUS -ne 2 ]; then
        fail "$name" "status $STATUS"
    elif ! err_has "$text"; then
        fail "$name" "says '$(head -1 "$WORK/err")'"
    else
        ok "$name"
    fi
}

# wrong NAME TEXT ARGUMENT...: as told, and nothing was analysed
wrong() {
    told "$@"
    [ ! -s "$WORK/out" ] || fail "$1" 'writes to standard output'
}

# gives NAME STATUS TEXT ARGUMENT...: STATUS, and TEXT on standard output (not
# there if it begins with '!')
gives() {
    local name=$1 status=$2 text=$3
    shift 3
    run "$@"
    if [ $STATUS -ne "$status" ]; then
        fail "$name" "status $STATUS, not $status"
    elif [ "${text#!}" != "$text" ] && out_has "${text#!}"; then
        fail "$name" "says '${text#!}'"
    elif [ "${text#!}" = "$text" ] && ! out_has "$text"; then
        fail "$name" "does not say '$text'"
    else
        ok "$name"
    fi
}

# scene NAME: standard input becomes $WORK/NAME.pcapng
scene() {
    cat > "$WORK/$1.scene"
    "$MKSCENE" "$WORK/$1.scene" > "$WORK/$1.pcapng" ||
        fail "scene $1" 'mkscene failed'
}

# hinted TEXT FILES...: to ask --explain; !TEXT: not
hinted() {
    local text=$1
    shift
    run "$@"
    if [ "$STATUS" -ne 2 ]; then
        fail "hint of '$*'" "status $STATUS"
    elif [ "${text#!}" != "$text" ] && err_has "${text#!}"; then
        fail "hint of '$*'" "says '${text#!}'"
    elif [ "${text#!}" = "$text" ] && ! err_has "$text"; then
        fail "hint of '$*'" "does not say '$text'"
    else
        ok "hint of '$*'"
    fi
}

check_usage() {
    wrong 'no input' 'no capture given'
    wrong 'unknown option' "unknown option '--nonsense'" --nonsense "$GO"
    wrong 'unknown letter' "unknown option '-Z'" -xZx "$GO"
    wrong 'value too much' '--exchanges takes no value' --exchanges=1 "$GO"
    wrong 'missing value' "'--format' needs a value" --format
    wrong 'missing value of a letter' "'-F' needs a value" -F
    wrong 'bad format' "no such format 'xml'" --format xml "$GO"
    wrong 'bad code' "no such code 'nope'" --only nope "$GO"
    wrong 'bad code among good ones' "no such code 'nope'" \
        --ignore server-stall,nope "$GO"
    wrong 'no codes' 'a list of codes is empty' --only '' "$GO"
    wrong 'bad stream' "--stream takes a number, not 'x'" --stream x "$GO"
    wrong 'negative stream' '--stream takes a number' --stream -1 "$GO"
    wrong 'bad port' "--port takes a number from 1 to 65535" --port 65536 "$GO"
    wrong 'port zero' "--port takes a number from 1 to 65535" --port 0 "$GO"
    wrong 'no port' "--port takes numbers from 1 to 65535" --port '' "$GO"
    wrong 'bad filter' "bad filter 'tcp['" --filter 'tcp[' "$GO"
    wrong 'bad level' '--fail-on takes error' --fail-on fatal "$GO"
    wrong 'bad colour' '--color takes auto' --color blue "$GO"
    wrong 'bad progress' '--progress takes auto' --progress yes "$GO"
    wrong 'bad output' '--output takes FORMAT=FILE' --output json "$GO"
    wrong 'output without a file' '--output takes FORMAT=FILE' \
        --output json= "$GO"
    wrong 'bad format of an output' "no such format 'xml'" \
        --output xml=/dev/null "$GO"
    wrong 'unknown message' 'is no code and no error message' --explain zzz
    local option bad
    for option in write-timeout idle-timeout stall-threshold timeout-floor \
        leak-threshold; do
        for bad in 3x 0 -1s 1e9h '' 99999999999999h; do
            wrong "bad duration --$option '$bad'" \
                "--$option takes a duration such as" "--$option" "$bad" "$GO"
        done
    done
}

check_inputs() {
    : > "$WORK/empty.pcap"
    echo 'GET / HTTP/1.1' > "$WORK/text.pcap"
    head -c 1000 "$GO" > "$WORK/cut.pcap"
    told 'missing file' "cannot read '/nonexistent': no such file" /nonexistent
    told 'a directory' 'is a directory' "$WORK"
    hinted "try: whyeof --explain 'unexpected EOF'" 'unexpected EOF'
    hinted "try: whyeof --explain '502 Bad Gateway'" 502 Bad Gateway
    hinted "try: whyeof --explain '502'" 502
    hinted "try: whyeof --explain 'read-timeout'" read-timeout
    hinted "try: whyeof --explain \"it's 'socket hang up'\"" \
        "it's 'socket hang up'"
    hinted "try: whyeof --explain 'TEXT'" "'a' said \"socket hang up\""
    hinted "try: whyeof --explain 'EOF'" "$GO" EOF
    hinted '!--explain' missing.pcap
    hinted '!--explain' captures/EOF.pcap
    hinted '!--explain' 'no such text'
    hinted '!--explain' "$WORK/empty.pcap"
    ( cd "$WORK" && : > EOF && hinted '!--explain' EOF )
    gives 'what the hint says' 0 write-timeout-truncation \
        --explain 'unexpected EOF'
    told 'an empty file' 'is empty' "$WORK/empty.pcap"
    told 'empty standard input' 'standard input is empty' -
    told 'a text' 'is not a pcap or pcapng capture' "$WORK/text.pcap"
    told 'one bad file among several' "cannot read '/nonexistent'" \
        "$GO" /nonexistent "$ABORT"
    out_has write-timeout-eof && out_has client-abort ||
        fail 'one bad file among several' 'the others are not analysed'
    out_has "cannot read '/nonexistent'" ||
        fail 'one bad file among several' 'not named in the output'
    gives 'a cut capture' 0 'ends inside a record at byte 1000' \
        "$WORK/cut.pcap"
    err_has 'ends inside a record at byte 1000' ||
        fail 'a cut capture' 'not told on standard error'
    run --format json "$WORK/cut.pcap"
    json 'f = d["input"]["files"][0]; assert f["truncated"] and f["packets"] > 3
assert "ends inside" in d["input"]["warnings"][0]' ||
        fail 'a cut capture' 'not told in JSON'
    check_permission
}

check_permission() {
    cp "$GO" "$WORK/secret.pcap"
    chmod 0 "$WORK/secret.pcap"
    if [ "$(id -u)" -ne 0 ]; then
        told 'no permission' 'permission denied' "$WORK/secret.pcap"
        return
    fi
    local as='setpriv --reuid=65534 --regid=65534 --clear-groups'
    cp "$WHYEOF" "$WORK/whyeof"
    if ! $as "$WORK/whyeof" --version > /dev/null 2>&1; then
        echo 'skip no permission: needs setpriv, as root'
        return
    fi
    $as "$WORK/whyeof" "$WORK/secret.pcap" > "$WORK/out" 2> "$WORK/err"
    [ $? -eq 2 ] && err_has 'permission denied' && ok 'no permission' ||
        fail 'no permission' "$(cat "$WORK/err")"
}

check_outputs() {
    told 'output in no folder' "cannot write '/nonexistent/x'" \
        --output json=/nonexistent/x "$GO"
    told 'output to a full disk' "cannot write '/dev/full'" \
        --output json=/dev/full "$GO"
    local format
    for format in text json ndjson; do
        "$WHYEOF" --format $format "$GO" > /dev/full 2> "$WORK/err"
        [ $? -eq 2 ] && err_has "cannot write 'standard output'" &&
            ok "$format to a full disk" || fail "$format to a full disk" silent
        "$WHYEOF" --format $format "$GO" 2> "$WORK/err" | head -0
        local status=${PIPESTATUS[0]}
        [ $status -le 1 ] && [ ! -s "$WORK/err" ] && ok "$format, closed pipe" ||
            fail "$format, closed pipe" "$status $(cat "$WORK/err")"
    done
    "$WHYEOF" --list-codes > /dev/full 2> "$WORK/err"
    [ $? -eq 2 ] && err_has 'cannot write' && ok 'list to a full disk' ||
        fail 'list to a full disk' silent
    "$WHYEOF" --help 2> "$WORK/err" | head -0
    [ "${PIPESTATUS[0]}" -eq 0 ] && [ ! -s "$WORK/err" ] &&
        ok 'help, closed pipe' || fail 'help, closed pipe' "$(cat "$WORK/err")"
    run --output json="$WORK/a.json" --output text="$WORK/a.txt" \
        -o ndjson="$WORK/a.ndjson" --format json "$GO"
    [ $STATUS -eq 1 ] && cmp -s "$WORK/out" "$WORK/a.json" &&
        grep -q '^  write-timeout-eof (possible)' "$WORK/a.txt" &&
        grep -q '"type":"summary"' "$WORK/a.ndjson" && ok 'several outputs' ||
        fail 'several outputs' "status $STATUS"
}

check_status() {
    local row file level expected
    for row in "$GO 1110" "$ABORT 0110" "$OPEN 0010" "$WELL 0000"; do
        file=${row% *}
        expected=${row#* }
        for level in error warning info never; do
            run --fail-on $level "$file"
            local name="--fail-on $level $(basename "$file" .pcap)"
            [ $STATUS -eq "${expected:0:1}" ] && ok "$name" ||
                fail "$name" "status $STATUS"
            expected=${expected:1}0
        done
    done
    gives 'status as by default, error' 1 write-timeout-eof "$GO"
    gives 'status as by default, warning' 0 client-abort "$ABORT"
    gives 'status of what is left' 0 '!write-timeout-eof' \
        --ignore write-timeout-eof "$GO"
}

# Its longest success took 902 ms.
check_statements() {
    local threshold=$CAPTURES/go-write-timeout-threshold.pcap

    gives 'a statement that agrees' 1 '(certain)' --write-timeout 1s \
        "$threshold"
    gives 'a statement that the wire refutes' 1 refuted \
        --write-timeout 500ms "$threshold"
    out_has '(certain)' && fail 'a statement that the wire refutes' 'certain'
}

check_choice() {
    gives '--only' 1 write-timeout-eof --only write-timeout-eof "$GO" "$ABORT"
    out_has client-abort && fail '--only' 'says client-abort'
    gives '--only of another' 0 '!write-timeout-eof' \
        --only server-stall,client-abort "$GO" "$ABORT"
    gives '--ignore' 0 '!write-timeout-eof' --ignore write-timeout-eof "$GO"
    gives '--only and --ignore' 0 'nothing' \
        --only write-timeout-eof --ignore write-timeout-eof "$GO"
    gives '--stream' 1 'tcp.stream 0' --stream 0 "$GO"
    gives '--stream of another' 2 '!write-timeout-eof' --stream 7 "$GO"
    err_has 'no tcp.stream 7: the capture has 1 connection, numbered from 0' &&
        ok 'no such stream' || fail 'no such stream' 'is not said'
    out_has 'note: there is no tcp.stream 7' ||
        fail 'no such stream' 'not in the report'
    gives '--exchanges' 1 'GET /sleep?ms=200  203 ms' --exchanges "$GO"
    gives 'without --exchanges' 1 '!GET /sleep?ms=200  203 ms' "$GO"
    gives '--exchanges --stream' 2 '!GET' -x -s 7 "$WELL"
    run --format json "$GO"
    json 'assert "exchanges" not in d' || fail 'JSON' 'has exchanges'
    run --format json --exchanges "$GO"
    json 'assert len(d["exchanges"]) == 4 == d["summary"]["exchanges"]' &&
        ok 'JSON --exchanges' || fail 'JSON --exchanges' 'not 4'
    gives '--filter' 0 '0 packets' --filter 'port 1' "$GO"
    gives '--filter that lets all through' 1 write-timeout-eof \
        --filter 'tcp port 8080' "$GO"
}

# The opening is not in the capture, and the first bytes are no HTTP.
check_port() {
    scene odd <<'SCENE'
client 10.0.0.1:40000
server 10.0.0.2:7777

 0.000  c> SYN
 0.001  s> SYN ACK
 0.001  c> ACK
 0.002  c> "FROBNICATE-THE-WIDGET /a HTTP/1.1\r\nHost: x\r\n\r\n"
 0.003  s> "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
 0.004  c> ACK
 0.004  c> FIN
 0.005  s> FIN
 0.005  c> ACK
SCENE
    run --format json --port 7777 "$WORK/odd.pcapng"
    json 'assert d["summary"]["http_connections"] == 1' && ok '--port' ||
        fail '--port' 'no HTTP connection'
}

check_knowledge() {
    gives '--write-timeout as evidence' 1 'write-timeout-eof (certain)' \
        --write-timeout 2s "$GO"
    out_has 'timeout of 2.00 s' ||
        fail '--write-timeout as evidence' 'not said'
    gives '--write-timeout contradicted' 1 'handler-abort' \
        --write-timeout 5s "$GO"
    out_has 'timeout of 5.00 s' ||
        fail '--write-timeout contradicted' 'not said'
    out_has 'write-timeout-eof (' &&
        fail '--write-timeout contradicted' 'still blamed'
    gives '--timeout-floor' 1 'handler-abort' --timeout-floor 3s "$GO"
    gives '--stall-threshold, longer' 0 '!-stall' \
        --stall-threshold 10m "$WORK/slow.pcapng"
    scene tls <<'END'
client 10.0.0.1:40000
server 10.0.0.2:443
   0.0 c> SYN
   0.1 s> SYN ACK
   0.2 c> ACK
   0.3 c> "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"
   0.4 s> "\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00"
   0.5 c> ACK
END
    gives 'nothing could be judged' 0 'nothing could be' "$WORK/tls.pcapng"
    gives '--fail-on unjudged' 1 'nothing could be' \
        --fail-on unjudged "$WORK/tls.pcapng"
    gives '--fail-on unjudged, judged' 0 '!could be' \
        --fail-on unjudged "$WELL"
    gives '--stall-threshold, shorter' 0 'server-stall' --fail-on never \
        --stall-threshold 1500ms "$WORK/slow.pcapng"
    gives '--leak-threshold, shorter' 0 'half-close-leak' --fail-on never \
        --leak-threshold 5s "$WORK/leak.pcapng"
    gives '--leak-threshold, longer' 0 '!half-close-leak' --fail-on never \
        --leak-threshold 1m "$WORK/leak.pcapng"
    gives 'without --idle-timeout' 1 '!short-body-kept-open (' \
        "$WORK/short.pcapng"
    gives '--idle-timeout' 1 'short-body-kept-open (likely)' --idle-timeout 5s \
        "$WORK/short.pcapng"
    gives '--idle-timeout of another length' 1 '!short-body-kept-open (' \
        --idle-timeout 50s "$WORK/short.pcapng"
}

HANDSHAKE='client 10.0.0.1:40000
server 10.0.0.2:80
 0.000  c> SYN
 0.001  s> SYN ACK
 0.001  c> ACK
 0.002  c> "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
 0.003  s> ACK'

make_scenes() {
    scene slow <<SCENE
$HANDSHAKE
 0.010  s> "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789"
 0.011  c> ACK
 2.010  s> "0123456789"
 2.011  c> ACK
 2.012  c> FIN
 2.013  s> FIN
 2.014  c> ACK
SCENE
    scene leak <<SCENE
$HANDSHAKE
 0.010  s> "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
 0.011  c> ACK
 1.010  s> FIN
 1.011  c> ACK
connection later
21.000  c> SYN
SCENE
    scene short <<SCENE
$HANDSHAKE
 0.010  s> "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789"
 0.011  c> ACK
 5.011  s> FIN
 5.012  c> ACK
 5.013  c> FIN
 5.014  s> ACK
SCENE
    scene secret <<'SCENE'
client 10.0.0.1:40000
server 10.0.0.2:80
 0.000  c> SYN
 0.001  s> SYN ACK
 0.001  c> ACK
 0.002  c> "GET http://bob:s3cr3t0@api.example/login?user=bob&token=s3cr3t1&api_key=s3cr3t2&page=7&X-Amz-Signature=s3cr3t3 HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer s3cr3t4\r\nCookie: sid=s3cr3t5\r\n\r\n"
 0.003  s> ACK
 5.003  s> FIN
 5.004  c> FIN
 5.005  s> ACK
SCENE
    scene ugly <<'SCENE'
client 10.0.0.1:40000
server 10.0.0.2:80
 0.000  c> SYN
 0.001  s> SYN ACK
 0.001  c> ACK
 0.002  c> "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
 0.003  s> "HTTP/1.1 200 OK\r\nServer: \xffil\x1b[31mred\xc3\x28\xe2\x80\xae\xc2\x9b\r\nContent-Length: 2\r\n\r\nok"
 0.004  c> ACK
 0.005  c> "GET /\xff\xfe\x80\xe2\x82\xac\xc2\x9b31m\xe2\x80\xae HTTP/1.1\r\nHost: h\x1b[2J\xed\xa0\x80\r\n\r\n"
 0.006  s> ACK
 5.003  s> FIN
 5.004  c> FIN
 5.005  s> ACK
SCENE
}

check_secrets() {
    local format
    for format in text json ndjson; do
        run -x --format $format "$WORK/secret.pcapng"
        if out_has s3cr3t; then
            fail "secrets in $format" "$(grep -o 's3cr3t.' "$WORK/out" | head -1)"
        elif ! out_has 'user=bob&token=***&api_key=***&page=7'; then
            fail "secrets in $format" 'the rest is not shown'
        else
            ok "secrets in $format"
        fi
        run -x --show-secrets --format $format "$WORK/secret.pcapng"
        out_has 'bob:s3cr3t0@api.example/login?user=bob&token=s3cr3t1&api_key=s3cr3t2' &&
            ok "--show-secrets in $format" ||
            fail "--show-secrets in $format" 'not shown'
        ! out_has s3cr3t4 && ! out_has s3cr3t5 ||
            fail "--show-secrets in $format" 'shows headers'
    done
}

# clean NAME FILE: valid UTF-8, and no control character but the line's end
clean() {
    python3 - "$2" <<'PYTHON' && ok "$1" || fail "$1" 'raw bytes'
import sys
import unicodedata

text = open(sys.argv[1], "rb").read().decode("utf-8")
bad = [c for c in text if c != "\n" and
       (unicodedata.category(c) == "Cc" or c in "\u202e\u2066\u200f")]
sys.exit(bool(bad))
PYTHON
}

check_terminal() {
    local format name=$'e\x1b[31mvil\xff\n.pcapng'
    cp "$WORK/ugly.pcapng" "$WORK/$name"
    for format in text json ndjson; do
        run -x --color never --format $format "$WORK/$name" "$WORK/$name.none"
        clean "bytes from the wire in $format" "$WORK/out"
        clean "bytes from the wire, $format, standard error" "$WORK/err"
    done
    run -x --format json "$WORK/$name"
    json 't = [x["target"] for x in d["exchanges"]]
assert t[1].startswith("/\\xff\\xfe\\x80\u20ac\\xc2\\x9b31m"), t' &&
        ok 'target in JSON' || fail 'target in JSON' 'not as it should be'
    run --explain "$name"
    clean 'unknown message, standard error' "$WORK/err"
    run "--$name"
    clean 'unknown option, standard error' "$WORK/err"
}

check_color() {
    local escape=$'\x1b['
    gives 'colour into a file' 1 "!$escape" "$GO"
    gives '--color always' 1 "$escape" --color always "$GO"
    gives '--color never' 1 "!$escape" --color never "$GO"
    gives 'JSON has no colour' 1 "!$escape" --color always -F json "$GO"
    script -qec true /dev/null < /dev/null > /dev/null 2>&1 ||
        { echo 'skip a terminal: needs script, and a pty'; return; }
    script -qec "'$WHYEOF' '$GO'" /dev/null < /dev/null > "$WORK/out" 2>&1
    out_has "$escape" && ok 'colour on a terminal' ||
        fail 'colour on a terminal' none
    NO_COLOR=1 script -qec "'$WHYEOF' '$GO'" /dev/null < /dev/null \
        > "$WORK/out" 2>&1
    out_has "$escape" && fail NO_COLOR 'has colour' || ok NO_COLOR
    NO_COLOR='' script -qec "'$WHYEOF' '$GO'" /dev/null < /dev/null \
        > "$WORK/out" 2>&1
    out_has "$escape" && ok 'empty NO_COLOR' || fail 'empty NO_COLOR' 'no colour'
}

check_help() {
    local code message
    gives '--help' 0 'usage: whyeof' --help
    awk 'length > 100' "$WORK/out" | grep -q . && fail '--help' 'long lines'
    gives '-h' 0 'usage: whyeof' -h
    gives '--version' 0 'whyeof ' --version
    gives '--capture-hint' 0 '--immediate-mode' --capture-hint
    gives '--capture-hint, live' 0 'whyeof -i any' --capture-hint
    gives '--list-codes' 0 write-timeout-eof --list-codes
    for code in $(cut -d' ' -f1 "$WORK/out"); do
        gives "--explain $code" 0 "$code (" --explain "$code"
        grep -q '^  what it means' "$WORK/out" || fail "--explain $code" 'no meaning'
    done
    while IFS='|' read -r code message; do
        gives "--explain '$message'" 0 "  $code " --explain "$message"
    done <<'MESSAGES'
write-timeout-eof|socket hang up
write-timeout-eof|Get "http://x/": EOF
write-timeout-eof|curl: (52) Empty reply from server
write-timeout-eof|http.client.RemoteDisconnected: Remote end closed connection without response
write-timeout-eof|net::ERR_EMPTY_RESPONSE
write-timeout-eof|upstream prematurely closed connection while reading response header from upstream
write-timeout-eof|UC
write-timeout-truncation|unexpected EOF
write-timeout-truncation|curl: (18) transfer closed with 10 bytes remaining to read
write-timeout-truncation|http.client.IncompleteRead: IncompleteRead(10 bytes read)
write-timeout-truncation|net::ERR_INCOMPLETE_CHUNKED_ENCODING
idle-close-race|http: server closed idle connection
server-reset|read tcp 10.0.0.1:1->10.0.0.2:80: read: connection reset by peer
server-reset|curl: (56) Recv failure: Connection reset by peer
server-stall|context deadline exceeded (Client.Timeout exceeded while awaiting headers)
server-stall|curl: (28) Operation timed out after 10000 milliseconds
gateway-timeout|504 Gateway Time-out
connect-refused|connect ECONNREFUSED 127.0.0.1:80
connect-timeout|connect ETIMEDOUT 10.0.0.2:80
connect-timeout|No route to host
MESSAGES
}

check_again() {
    local format file
    for format in text json ndjson; do
        for file in "$GO" "$ABORT" "$WELL"; do
            run -x --format $format "$file" "$OPEN"
            cp "$WORK/out" "$WORK/before"
            run -x --format $format "$file" "$OPEN"
            cmp -s "$WORK/before" "$WORK/out" ||
                fail "twice the same, $format" "$(basename "$file")"
        done
        ok "twice the same, $format"
    done
    "$WHYEOF" --progress always "$GO" > "$WORK/again" 2> "$WORK/err"
    run "$GO"
    cmp -s "$WORK/again" "$WORK/out" && ok '--progress' ||
        fail '--progress' 'in the report'
}

# Each format for people names the file that has a finding's packets.
check_recordings() {
    local format path
    for format in text html markdown; do
        rm -rf "$WORK/rec"
        gives "--record, $format" 1 ecorded --record "$WORK/rec/" \
            --format $format "$GO"
        path=$(echo "$WORK"/rec/*.pcapng)
        # as text in lines of 80, and with what Markdown escapes
        tr -d ' \n\\' < "$WORK/out" | grep -qF -- "$(tr -d '\\' <<< "$path")" ||
            fail "--record, $format" "no $path"
    done
    gives '--record, live' 1 'recorded: finding 1, in' --follow \
        --duration 1s --format text --record "$WORK/live" "$GO"
    gives 'no --record, no recording' 1 '!ecorded' "$GO"
}

make_scenes
check_usage
check_inputs
check_outputs
check_status
check_statements
check_choice
check_port
check_knowledge
check_secrets
check_terminal
check_color
check_help
check_again
check_recordings
exit $FAILED
