--[[
Shows what whyeof found beside the packets of Wireshark and tshark.

    whyeof -F json capture.pcapng > report.json
    WHYEOF_REPORT=report.json tshark -X lua_script:whyeof.lua -r capture.pcapng \
        -Y whyeof -T fields -e frame.number -e whyeof.code

The report is named by WHYEOF_REPORT, or by the preference whyeof.report. It is
of the file that is open: a frame gets the findings that cite it as evidence.
]]

local whyeof = Proto("whyeof", "whyeof's findings")

local code = ProtoField.string("whyeof.code", "Code")
local severity = ProtoField.string("whyeof.severity", "Severity")
local confidence = ProtoField.string("whyeof.confidence", "Confidence")
local id = ProtoField.uint32("whyeof.id", "Finding")
local what = ProtoField.string("whyeof.what", "Evidence")

whyeof.fields = {code, severity, confidence, id, what}
whyeof.prefs.report = Pref.string("Report", "",
    "File of whyeof -F json; the environment's WHYEOF_REPORT comes first")

-- A reader of JSON (RFC 8259): each function takes where a value begins and
-- gives the value and where it ended.

local value_at
local DEEPEST = 100

local function fail(at, said)
    error(string.format("%s at byte %d", said, at), 0)
end

local function skip(text, at)
    return string.find(text, "[^ \t\r\n]", at) or #text + 1
end

local ESCAPED = {['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f",
                 n = "\n", r = "\r", t = "\t"}

local function utf8_of(point)
    if point < 0x80 then
        return string.char(point)
    elseif point < 0x800 then
        return string.char(0xc0 + math.floor(point / 0x40), 0x80 + point % 0x40)
    elseif point < 0x10000 then
        return string.char(0xe0 + math.floor(point / 0x1000),
                           0x80 + math.floor(point / 0x40) % 0x40,
                           0x80 + point % 0x40)
    end
    return string.char(0xf0 + math.floor(point / 0x40000),
                       0x80 + math.floor(point / 0x1000) % 0x40,
                       0x80 + math.floor(point / 0x40) % 0x40,
                       0x80 + point % 0x40)
end

local function unit_at(text, at)
    local digits = string.match(text, "^\\u(%x%x%x%x)", at)
    return digits and tonumber(digits, 16)
end

-- \uXXXX, or the two of a character beyond the first 65536
local function point_at(text, at)
    local high = unit_at(text, at) or fail(at, "a bad escape")
    if high < 0xd800 or high > 0xdbff then
        return utf8_of(high), at + 6
    end
    local low = unit_at(text, at + 6)
    if not low or low < 0xdc00 or low > 0xdfff then
        fail(at, "half a character")
    end
    return utf8_of(0x10000 + (high - 0xd800) * 0x400 + low - 0xdc00), at + 12
end

local function string_at(text, at)
    local parts = {}
    local from = at + 1
    while true do
        local to = string.find(text, '["\\]', from) or fail(at, "an open string")
        parts[#parts + 1] = string.sub(text, from, to - 1)
        if string.sub(text, to, to) == '"' then
            return table.concat(parts), to + 1
        end
        local letter = string.sub(text, to + 1, to + 1)
        if letter == "u" then
            parts[#parts + 1], from = point_at(text, to)
        else
            parts[#parts + 1] = ESCAPED[letter] or fail(to, "a bad escape")
            from = to + 2
        end
    end
end

-- What stands between brackets: `take` reads one member, up to its end.
local function members_at(text, at, close, take)
    at = skip(text, at + 1)
    if string.sub(text, at, at) == close then
        return at + 1
    end
    while true do
        at = skip(text, take(at))
        local mark = string.sub(text, at, at)
        if mark == close then
            return at + 1
        elseif mark ~= "," then
            fail(at, "no comma")
        end
        at = skip(text, at + 1)
    end
end

local function array_at(text, at, depth)
    local list = {}
    local count = 0
    local to = members_at(text, at, "]", function(from)
        count = count + 1
        list[count], from = value_at(text, from, depth)
        return from
    end)
    return list, to
end

local function object_at(text, at, depth)
    local object = {}
    local to = members_at(text, at, "}", function(from)
        if string.sub(text, from, from) ~= '"' then
            fail(from, "no name")
        end
        local name
        name, from = string_at(text, from)
        from = skip(text, from)
        if string.sub(text, from, from) ~= ":" then
            fail(from, "no colon")
        end
        object[name], from = value_at(text, skip(text, from + 1), depth)
        return from
    end)
    return object, to
end

local WORDS = {{"true", true}, {"false", false}, {"null", nil}}

local function word_at(text, at)
    for _, word in ipairs(WORDS) do
        if string.sub(text, at, at + #word[1] - 1) == word[1] then
            return word[2], at + #word[1]
        end
    end
    local digits = string.match(text, "^-?%d+%.?%d*[eE]?[-+]?%d*", at)
    if not digits or not tonumber(digits) then
        fail(at, "no value")
    end
    return tonumber(digits), at + #digits
end

function value_at(text, at, depth)
    local mark = string.sub(text, at, at)
    if depth > DEEPEST then
        fail(at, "too deep")
    elseif mark == "{" then
        return object_at(text, at, depth + 1)
    elseif mark == "[" then
        return array_at(text, at, depth + 1)
    elseif mark == '"' then
        return string_at(text, at)
    end
    return word_at(text, at)
end

-- What is said of each frame: frame number to a list.

local function add(by_frame, finding, evidence)
    local frame = evidence.frame
    by_frame[frame] = by_frame[frame] or {}
    table.insert(by_frame[frame], {finding = finding, what = evidence.what})
end

local function frames_of(report)
    local by_frame = {}
    if type(report) ~= "table" or report.schema ~= "whyeof.report/1" then
        error("its schema is not whyeof.report/1", 0)
    end
    for _, finding in ipairs(report.findings or {}) do
        for _, evidence in ipairs(finding.evidence or {}) do
            add(by_frame, finding, evidence)
        end
    end
    return by_frame
end

local function read_report(path)
    local file, why = io.open(path, "rb")
    if not file then
        error(why, 0)
    end
    local text = file:read("*a")
    file:close()
    local report, at = value_at(text, skip(text, 1), 0)
    if skip(text, at) <= #text then
        fail(at, "something behind the document")
    end
    return frames_of(report)
end

local by_frame = {}

function whyeof.init()
    local path = os.getenv("WHYEOF_REPORT")
    by_frame = {}
    if not path or path == "" then
        path = whyeof.prefs.report
    end
    if path == "" then
        return
    end
    local good, result = pcall(read_report, path)
    if good then
        by_frame = result
    else
        io.stderr:write("whyeof.lua: cannot read '", path, "': ",
                        tostring(result), "\n")
    end
end

function whyeof.dissector(_, pinfo, tree)
    for _, said in ipairs(by_frame[pinfo.number] or {}) do
        local finding = said.finding
        local part = tree:add(whyeof, "whyeof: " .. finding.title)
        part:add(code, finding.code)
        part:add(severity, finding.severity)
        part:add(confidence, finding.confidence)
        part:add(id, finding.id)
        part:add(what, said.what)
    end
end

register_postdissector(whyeof)
