"""What must be true after each restart, and of each recording's sound."""

import json
import os
import re
import sqlite3
import subprocess

# The states of domain::RecordingState as they are stored.
RECORDING, FINISHING, SEALED, MISSING, NEVER, GONE = range(6)
LAST_SECOND = 1.0
# The pitch of a window of 32 ms names its middle, and is known only so well: no piece of whole
# sound is further from the next, and a lost packet makes it further.
WINDOW_HALF = 0.016
WINDOW_GAP = 0.020
EDGE_GAP = 0.040
# Where the marker begins again no pitch is found.
MARKER_SECONDS = 6.0
PACKET = 0.020
SHOWN_OF_A_KIND = 8
# The keys of items; there are others.
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Findings:
    """Faults, and figures that are added up over all lives."""

    def __init__(self, life):
        self.life, self.faults = life, []
        self.facts = {"answered": 0, "recorded": 0, "talked_seconds": 0.0, "lost_seconds": 0.0,
                      "lost_last_second": 0.0, "longest_tail": 0.0, "told_missing": 0,
                      "killed_before_told": 0, "younger_than_a_second": 0,
                      "lost_while_unwritable": 0.0, "rounds": {}, "kinds": {}}

    def add(self, what, text):
        kinds = self.facts["kinds"]
        kinds[what] = kinds.get(what, 0) + 1
        self.faults.append({"life": self.life, "fault": what, "text": text})

    def worth_showing(self):
        """Of each kind the first few."""
        shown = {}
        for fault in self.faults:
            shown[fault["fault"]] = shown.get(fault["fault"], 0) + 1
            if shown[fault["fault"]] <= SHOWN_OF_A_KIND:
                yield fault

    def count(self, name, value=1):
        self.facts[name] = self.facts.get(name, 0) + value


def tenant(life):
    return life.daemon.data / "tenants" / "main"


def query(path, sql, *values):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def unsettled(life):
    rows = query(tenant(life) / "ringfort.db",
                 "SELECT id, state FROM recordings WHERE state < 2 "
                 "UNION ALL SELECT id, -1 FROM calls WHERE ended_at IS NULL")
    waiting = [name for name in os.listdir(tenant(life) / "spool")
               if name.endswith((".spool", ".draft"))]
    return rows[:5] + sorted(waiting)[:5]


def is_settled(life):
    return not unsettled(life)


def after_round(life, facts):
    for name in ("ringfort.db", "keys.db"):
        said = query(tenant(life) / name, "PRAGMA integrity_check")
        if said != [("ok",)]:
            life.found.add("integrity", f"{name}: {said[:3]}")
    check_rows(life)
    check_verify(life)
    check_calls(life, facts)
    rounds = life.found.facts["rounds"]
    name = f"{facts['fault']} {facts['ending']}"
    rounds[name] = rounds.get(name, 0) + 1


def check_rows(life):
    """Nothing twice, no key without its item, no item without its key."""
    db = tenant(life) / "ringfort.db"
    for sql, what in (
            ("SELECT call FROM recordings GROUP BY call HAVING count(*) > 1", "recording twice"),
            ("SELECT from_number FROM calls WHERE from_number <> '' GROUP BY 1 HAVING count(*) > 1",
             "call twice"),
            ("SELECT call FROM recordings WHERE call NOT IN (SELECT id FROM calls)",
             "recording without its call")):
        for (found,) in query(db, sql):
            life.found.add(what, found)
    keys = {item for (item,) in query(tenant(life) / "keys.db", "SELECT item FROM item_keys")
            if UUID.fullmatch(item)}
    keys.discard("evidence-signing-key")  # signs the log; no recording's
    items = {item for (item,) in query(db, "SELECT id FROM recordings WHERE state = 2")}
    for item in keys - items:
        life.found.add("key without its item", item)
    for item in items - keys:
        life.found.add("item without its key", item)


def check_verify(life):
    done = subprocess.run([os.environ["RINGFORT_BINARY"], "recordings", "verify", "--json",
                           "--config", str(life.daemon.config_file)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    if done.returncode != 0:
        life.found.add("verify", (done.stdout + done.stderr).decode()[:500])


def rows_by_number(life):
    found = query(
        tenant(life) / "ringfort.db",
        "SELECT c.from_number, c.id, r.state, r.reason, r.cut, r.length, c.answered_at, c.ended_at,"
        " (SELECT group_concat(a.text, ' ') FROM alarms a WHERE a.call = c.id"
        "  AND a.name = 'recording.missing'), r.gone_at - r.started_at, c.unreconciled"
        " FROM calls c LEFT JOIN recordings r ON r.call = c.id")
    names = ("call", "state", "reason", "cut", "length", "answered_at", "ended_at", "alarm",
             "kept_ms", "unreconciled")
    return {row[0]: dict(zip(names, row[1:])) for row in found}


def talk_end(call, facts):
    """When the daemon heard the last of this call, by the peers' clock."""
    ends = [t for t in (call["ended_at"], facts.get("killed_at"), facts.get("stopped_at")) if t]
    return min(ends) if ends else call["caller"]["last_at"]


def could_not_be_told(call, facts):
    """What happened while nothing could be written is stored within a second of the disk being
    well. A kill that came sooner forgets it, as it forgets a call's last second."""
    harm, killed_at = facts.get("harm"), facts.get("killed_at")
    return bool(harm and killed_at) and killed_at - harm[1] < LAST_SECOND \
        and call["picked_up_at"] > harm[0] - LAST_SECOND


def check_calls(life, facts):
    """Every answered call has its row and its recording, or was told missing with a reason."""
    found, rows = life.found, rows_by_number(life)
    for call in facts["calls"]:
        if not call["answered_at"]:
            continue
        found.count("answered")
        talked = talk_end(call, facts) - call["picked_up_at"]
        found.count("talked_seconds", max(0.0, talked))
        young = "killed_at" in facts and talked < LAST_SECOND
        row = rows.get(call["number"])
        name = f"{call['number']} in {facts['fault']} {facts['ending']}, {talked:.2f} s"
        if row is None or row["state"] is None or row["state"] == MISSING:
            if young:
                found.count("younger_than_a_second")
                if row and row["alarm"] and "harm" not in facts:
                    found.add("cried wolf", f"{name}: {row['alarm']}")
            elif "harm" in facts and row and row["state"] == MISSING and row["reason"] \
                    and row["alarm"]:
                found.count("told_missing")
            elif could_not_be_told(call, facts):
                found.count("killed_before_told")
            else:
                found.add("no recording", f"{name}: {row}")
            continue
        if row["state"] != SEALED:
            found.add("not sealed", f"{name}: {row}")
            continue
        found.count("recorded")
        call["row"] = row
        if row["kept_ms"] != 90 * 86400 * 1000:
            found.add("retention", f"{name}: kept for {row['kept_ms']} ms")
        check_unharmed(found, call, facts, name)


def check_unharmed(found, call, facts, name):
    if any(key in facts for key in ("stops", "deaf")) or facts["ending"] != "finish":
        return
    if call["state"] != "done" or call["status"] != 200:
        found.add("call harmed", f"{name}: {call['state']} {call['status']}")
    worst = max(call["caller"]["gap"], call["callee"]["gap"])
    if worst > 2.0:
        found.add("call harmed", f"{name}: nothing was heard for {worst:.2f} s")


def sound(life):
    """Listens to every recording of this life."""
    done = subprocess.run([os.environ["RINGFORT_BINARY"], "recordings", "export", "--all",
                           "--format", "wav", "--to", str(life.tools["scratch"]),
                           "--config", str(life.daemon.config_file)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    if done.returncode != 0:
        life.found.add("export", done.stderr.decode()[:500])
    jobs = [(facts, call, os.path.join(life.tools["scratch"], call["row"]["call"] + ".wav"))
            for facts in life.rounds for call in facts["calls"] if "row" in call]
    text = "".join(f"{path} {call['caller']['offset']}\n" for _, call, path in jobs)
    heard = subprocess.run([life.tools["sound"]], input=text.encode(), stdout=subprocess.PIPE,
                           timeout=600, check=True)
    for (facts, call, path), line in zip(jobs, heard.stdout.splitlines()):
        check_sound(life, facts, call, json.loads(line))
        if os.path.exists(path):
            os.unlink(path)


def check_sound(life, facts, call, heard):
    found = life.found
    name = f"{call['number']} in {facts['fault']} {facts['ending']} {life.format}"
    if heard["channels"] != 2:
        return found.add("sound", f"{name}: {heard['channels']} channels")
    if abs(heard["seconds"] - call["row"]["length"] / 1000) > 0.05:
        found.add("length", f"{name}: {heard['seconds']} s, its row says {call['row']['length']}")
    worst = 0.0
    for side, pieces in zip(("caller", "callee"), heard["pieces"]):
        worst = max(worst, check_channel(found, facts, call, side, pieces, f"{name} {side}"))
    row = call["row"]
    if row["alarm"] and "harm" not in facts:
        found.add("cried wolf", f"{name}: {row['alarm']}, {worst:.2f} s")
    if "harm" not in facts and "killed_at" not in facts:
        check_times(found, name, row, heard["seconds"])
    told = row["alarm"] or "Parts of it are lost" in row["reason"]  # many are one alarm
    if worst > LAST_SECOND and "killed_at" not in facts and not told:
        found.add("shorter and not told", f"{name}: {worst:.2f} s, {row}")


def check_times(found, name, row, seconds):
    """After a kill a call of less than a second may be known by its recording alone."""
    known = row["answered_at"] and row["ended_at"]
    if not known or abs((row["ended_at"] - row["answered_at"]) / 1000 - seconds) > 1.0:
        found.add("times", f"{name}: {row}, {seconds} s heard")


def due_spans(facts, call, stream):
    """Which seconds of the marker must be there: (from, to) pairs; and what a fault excuses."""
    end = stream["sent"] * PACKET
    if call["ended_at"]:  # what was sent while the BYE was on its way is not due
        end = min(end, call["ended_at"] - stream["first_at"] - PACKET)
    if "killed_at" in facts:
        until = facts["killed_at"]
        if "hung" in facts and facts["hung"][1] > until - LAST_SECOND:
            until = facts["hung"][0]
        end = min(end, until - LAST_SECOND - stream["first_at"])
    holes = unheard_spans(call)
    harm = facts.get("harm")
    if harm and harm[0] - LAST_SECOND < stream["last_at"]:
        holes.append((harm[0] - LAST_SECOND, 1e12))
    return spans_between(holes, stream, end)


def unheard_spans(call):
    """When the carriers said nothing, or the caller, who had no answer, did not hear it yet."""
    heard = call["caller"]["first_heard_at"] or call["answered_at"]
    deaf = [(a - PACKET, b + 2 * PACKET) for a, b in call["deaf"]]
    return [(0.0, min(heard, call["answered_at"])), *deaf]


def spans_between(holes, stream, end):
    spans, at = [], 0.0
    for a, b in sorted((a - stream["first_at"], b - stream["first_at"]) for a, b in holes):
        spans.append((at, min(a, end)))
        at = max(at, b)
    spans.append((at, end))
    return [(a, b) for a, b in spans if b > a]


def missing_of(spans, pieces, offset):
    """Seconds of `spans` that no piece covers."""
    have = [(begin - WINDOW_HALF, end + WINDOW_HALF) for _, begin, end in pieces]
    begins_again = MARKER_SECONDS - offset * PACKET % MARKER_SECONDS
    have += [(begins_again + n * MARKER_SECONDS - 0.035, begins_again + n * MARKER_SECONDS + 0.035)
             for n in range(4)]
    have.sort()
    lost = 0.0
    for a, b in spans:
        at, gap = a, EDGE_GAP
        for begin, end in have:
            if end <= at:
                continue
            if begin >= b:
                break
            if begin - at > gap:
                lost += begin - at
            at, gap = max(at, end), WINDOW_GAP
        if b - at > EDGE_GAP:
            lost += b - at
    return lost


def check_channel(found, facts, call, side, pieces, name):
    stream = call[side]
    if not stream["sent"]:
        return 0.0
    lost = missing_of(due_spans(facts, call, stream), pieces, stream["offset"])
    if lost > 0:
        found.count("lost_seconds", lost)
        found.add("lost", f"{name}: {lost:.2f} s of {due_spans(facts, call, stream)}, "
                  f"there are {pieces[:12]}, {call['row']}")
    said = stream["sent"] * PACKET
    if call["ended_at"]:
        said = min(said, call["ended_at"] - stream["first_at"])
    spoken = spans_between(unheard_spans(call), stream, said)
    whole = missing_of(spoken, pieces, stream["offset"])
    if "killed_at" in facts and not facts.get("harm") and not facts.get("hung"):
        last = max((end for _, _, end in pieces), default=0.0)
        end = min(stream["sent"] * PACKET, facts["killed_at"] - stream["first_at"])
        tail = max(0.0, end - last - WINDOW_HALF)
        found.count("lost_last_second", tail)
        found.facts["longest_tail"] = max(found.facts["longest_tail"], tail)
    if facts.get("harm"):
        found.count("lost_while_unwritable", max(0.0, whole - lost))
    check_places(found, facts, call, stream, pieces, name)
    return whole


def check_places(found, facts, call, stream, pieces, name):
    """Each piece lies where it was said: nothing moved."""
    slack = 0.30 + sum(b - a for a, b in facts.get("stops", ()))
    for position, begin, end in pieces:
        if end - begin < 0.2:
            continue
        off = position - (stream["first_at"] - call["picked_up_at"] + begin)
        if abs(off) > slack:
            found.add("misplaced", f"{name}: {off:+.2f} s at {position:.2f} s: {pieces[:6]}")
            return
