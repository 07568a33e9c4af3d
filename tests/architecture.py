#!/usr/bin/env python3
"""Checks the shape of the tree (DESIGN.md §3): the include ladder, the home of each third-party
library, ownership, SQL, HTML insertion, sizes, header comments and the top level.

Usage: tests/architecture.py [--sizes]      exit 0 good, 1 something breaks a rule
"""

import pathlib
import re
import statistics
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

# What each folder of src/ may include, besides itself and the standard library.
LADDER = {
    "util": set(),
    "domain": set(),
    "config": {"domain", "util"},
    "rules": {"config", "domain"},
    "store": {"config", "domain", "util"},
    "sip": {"config", "domain", "util"},
    "media": {"config", "domain", "util"},
    "audio": {"domain", "util"},
    "recording": {"media", "audio", "config", "domain", "util"},
    "calls": {"sip", "media", "recording", "rules", "config", "domain", "util"},
    "formats": {"audio", "store", "recording", "config", "domain", "util"},
    "keeping": {"audio", "formats", "store", "recording", "rules", "config", "domain", "util"},
    "jobs": {"audio", "keeping", "formats", "calls", "store", "recording", "rules", "config", "domain",
             "util"},
    "http": {"audio", "jobs", "keeping", "formats", "calls", "recording", "store", "rules", "config", "domain", "util"},
    "daemon": {"audio", "http", "jobs", "keeping", "formats", "calls", "recording", "media", "sip", "store", "rules", "config",
               "domain", "util"},
    "": {"daemon"},  # main.cpp
}

# Which folders may include headers that match. Others may not.
LIBRARIES = {
    r"sofia-sip/|sofia-resolv/": {"sip"},
    r"sqlite3\.h|SQLiteCpp/": {"store"},
    r"toml\+\+/|toml\.hpp": {"config"},
    r"httplib\.h": {"http"},
    r"srtp2/|srtp\.h": {"media"},
    r"spandsp|speex/": {"media", "recording"},
    r"flite/": {"media"},
    r"opus/|opus\.h|opusenc\.h": {"media", "audio", "recording"},
    r"ogg/|sndfile\.h|sndfile\.hh|vorbis/": {"audio", "media"},
    r"lame/|vo-aacenc/": {"audio"},
    r"archive\.h|archive_entry\.h": {"formats"},
    r"phonenumbers/": {"util"},
    r"spdlog/": {"util"},
    r"sodium\.h|sodium/": {"util"},
    r"systemd/": {"util", "daemon"},
    r"nlohmann/": {"http", "store", "daemon", "jobs", "keeping", "formats"},
    r"openssl/": {"util", "sip", "http"},
}

# spdlog's own formatting library is plain text work, and `rules` is the only folder above that
# must stay free of it.
LIBRARY_EXCEPTIONS = {r"spdlog/fmt/": set(LADDER) - {"domain", "rules"}}

# shared_ptr to something that can change: only here, with the reason.
SHARED_ALLOWED = {
    "src/util/log.cpp": "spdlog takes its logger and sink so",
    "src/media/live_source.h": "a ring between two threads, each of which may let go of it first",
    "src/media/live_source.cpp": "the same",
}

TOP_LEVEL = {
    "CMakeLists.txt", "src", "web", "packaging", "systemd", "etc", "tests", "README.md",
    "CHANGELOG.md", "LICENSE", ".ci", ".clang-format", ".clang-tidy", ".gitignore",
    ".gitattributes", ".editorconfig",
}

MAX_FILE = 500
MAX_FUNCTION = 80
MAX_COLUMNS = 100

SQL = re.compile(
    r"\b(SELECT\s+[\w*(].*\bFROM\b|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|"
    r"CREATE\s+(TABLE|INDEX|TRIGGER)|PRAGMA\s+\w+)")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')

problems = []


def broken(path, line, text):
    problems.append(f"{path.relative_to(TOP)}:{line}: {text}")


def tracked():
    """Files that are in git or could be added to it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=TOP, capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
        return [TOP / n for n in names if (TOP / n).is_file()]
    return [p for p in TOP.rglob("*") if p.is_file() and "node_modules" not in p.parts
            and not p.relative_to(TOP).parts[0].startswith("build")]


def folder_of(path):
    parts = path.relative_to(TOP).parts
    return parts[1] if len(parts) > 2 else ""


def library_homes(header):
    for pattern, homes in LIBRARY_EXCEPTIONS.items():
        if re.match(pattern, header):
            return homes
    for pattern, homes in LIBRARIES.items():
        if re.match(pattern, header):
            return homes
    return None


def check_includes(path, lines):
    folder = folder_of(path)
    if folder not in LADDER:
        broken(path, 1, f"folder src/{folder} is not on the ladder")
        return
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        header = found.group(2)
        target = header.split("/")[0] if "/" in header else None
        if found.group(1) == '"' and target in LADDER:
            if target != folder and target not in LADDER[folder]:
                broken(path, number, f"{folder or 'main'} must not include {target} ({header})")
            continue
        homes = library_homes(header)
        if homes is not None and folder not in homes:
            broken(path, number,
                   f"{header} belongs into {', '.join(sorted(homes)) or 'no folder'} only")


def check_sharing(path, lines):
    name = str(path.relative_to(TOP))
    if name in SHARED_ALLOWED:
        return
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        for found in re.finditer(r"\b(shared_ptr|make_shared)\s*<\s*(?!const\b)", code):
            broken(path, number, f"{found.group(1)} of something that is not const")


def check_sql(path, lines):
    if folder_of(path) == "store":
        return
    for number, line in enumerate(lines, 1):
        for text in STRING.findall(line.split("// ")[0]):
            if SQL.search(text):
                broken(path, number, "SQL outside src/store")


def check_header_comment(path, lines):
    first = lines[0] if lines else ""
    if path.suffix in (".h", ".hpp") and not first.startswith("//"):
        broken(path, 1, "a header begins with a comment that says what it is for")
    if path.suffix == ".h" and "#pragma once" not in "\n".join(lines[:40]):
        broken(path, 1, "#pragma once is missing")


def without_literals(text):
    """The source with comments, strings and characters blanked out, line by line alike."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.){1,4}\'',
        re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


# What stands before a { that opens no function.
NO_FUNCTION = re.compile(
    r"^\s*(inline\s+)?(namespace|class|struct|enum|union|extern|export)\b|^\s*(typedef)\b")


def functions(text):
    """Yields (line, lines, head) for each outermost braced body that follows a parameter list."""
    blank = without_literals(text)
    depth_is_function = []
    start = 0
    line = 1
    head_line = 1
    for position, char in enumerate(blank):
        if char == "\n":
            line += 1
        if char in ";}" and not any(kind for kind, _, _ in depth_is_function):
            start = position + 1
        if char == "{":
            head = blank[start:position]
            head = re.sub(r"^\s*#.*$", "", head, flags=re.M).strip()
            inside = any(kind for kind, _, _ in depth_is_function)
            function = (not inside and ")" in head and not NO_FUNCTION.search(head)
                        and not re.search(r"=\s*$", head))
            head_line = line - blank[start:position].lstrip().count("\n")
            depth_is_function.append((function, head_line, head))
            if not inside:
                start = position + 1
        elif char == "}" and depth_is_function:
            function, opened, head = depth_is_function.pop()
            if function:
                yield opened, line - opened + 1, head
            if not any(kind for kind, _, _ in depth_is_function):
                start = position + 1


def check_sizes(path, lines, sizes):
    if len(lines) > MAX_FILE:
        broken(path, len(lines), f"{len(lines)} lines; at most {MAX_FILE}")
    sizes["files"].append(len(lines))
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS and "http" not in line:
            broken(path, number, f"{len(line)} columns; at most {MAX_COLUMNS}")
    for line, length, head in functions("\n".join(lines)):
        sizes["functions"].append(length)
        if length > MAX_FUNCTION:
            name = (re.findall(r"([\w:~]+)\s*\(", head) or ["?"])[0]
            broken(path, line, f"{name}() has {length} lines; at most {MAX_FUNCTION}")


def check_web(path, lines):
    for number, line in enumerate(lines, 1):
        if re.search(r"\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(",
                     line):
            broken(path, number, "text is never inserted as HTML or code")
        # The XML names of SVG are names, not addresses.
        if re.search(r"https?://(?!www\.w3\.org/)", line) and not re.match(r"\s*(//|\*|<!--)", line):
            broken(path, number, "no asset or address from outside")
    if len(lines) > MAX_FILE:
        broken(path, len(lines), f"{len(lines)} lines; at most {MAX_FILE}")


def check_script_sizes(path, lines):
    if len(lines) > MAX_FILE:
        broken(path, len(lines), f"{len(lines)} lines; at most {MAX_FILE}")


def check_leftovers(path, lines):
    words = "TO" + "DO|FIX" + "ME|X" + "XX"
    for number, line in enumerate(lines, 1):
        if re.search(rf"\b({words})\b", line):
            broken(path, number, "unfinished work belongs into an issue")


def check_top_level(files):
    for name in sorted({p.relative_to(TOP).parts[0] for p in files}):
        if name not in TOP_LEVEL:
            problems.append(f"{name}:1: nothing of this name belongs to the top level")


def check_file(path, sizes):
    name = path.relative_to(TOP)
    source = path.suffix in (".h", ".cpp", ".hpp", ".cc")
    web = name.parts[:2] == ("web", "src") and path.suffix in (".svelte", ".ts", ".js", ".css",
                                                                ".html")
    script = path.suffix in (".py", ".sh", ".cmake", ".mjs") or path.name == "run"
    if not (source or web or script):
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    check_leftovers(path, lines)
    if source and name.parts[0] == "src":
        check_includes(path, lines)
        check_sharing(path, lines)
        check_sql(path, lines)
        check_header_comment(path, lines)
    if source:
        check_sizes(path, lines, sizes if name.parts[0] == "src" else {"files": [], "functions": []})
    if web:
        check_web(path, lines)
    if script:
        check_script_sizes(path, lines)


def report_sizes(sizes):
    for kind, values in sizes.items():
        if values:
            values.sort()
            print(f"{kind}: {len(values)}, median {statistics.median(values):.0f}, "
                  f"p90 {values[len(values) * 9 // 10]}, largest {values[-1]} lines")


def main():
    files = tracked()
    sizes = {"files": [], "functions": []}
    check_top_level(files)
    for path in files:
        check_file(path, sizes)
    for kind, values, most in (("file", sizes["files"], 150), ("function", sizes["functions"], 10)):
        if values and statistics.median(values) > most:
            problems.append(f"src:1: the median {kind} has {statistics.median(values):.0f} lines; "
                            f"at most {most}")
    for text in problems:
        print(text)
    if "--sizes" in sys.argv:
        report_sizes(sizes)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
