"""Who is recorded and who is not: announcements and their "no", keys, the API, screening, hours."""

import asyncio
import json
import math
import pathlib
import wave
from array import array

from harness import audio
from harness.recording import check_length, check_tone, parse_time, sound_of
from harness.registry import scenario
from harness.world import connected, ended, hang_up, until
from scenarios.d_trunks import MAIN, inbound, trunk

ANNOUNCED = 700  # Hz: what the announcement sounds like
LENGTH = 1.5


def announcement(world, name="recorded.wav", seconds=LENGTH):
    """A sound file beside the configuration; what it is called there."""
    samples = array("h", (int(9000 * math.sin(2 * math.pi * ANNOUNCED * n / 8000))
                          for n in range(int(8000 * seconds))))
    with wave.open(str(pathlib.Path(world.folder) / name), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return f"file:{name}"


async def outside_call(world, **settings):
    """A call from outside to 102, answered: (daemon, the caller's leg, the phone's leg)."""
    carrier = await world.carrier(host="127.0.0.2")
    settings.setdefault("number", inbound("extension:102"))
    daemon = await world.start(trunk=[trunk(carrier)], **settings)
    world.aim(carrier)
    phone = await world.phone("102")
    leg = carrier.dial("4930123450", sender="<sip:+4930987654@carrier.example>")
    other = await phone.next_call()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    leg.play(1000)
    other.play(450)
    return daemon, leg, other


async def live_state(daemon, *wanted):
    """The live call, once its recording is in a wanted state."""
    for _ in range(200):
        calls = (await daemon.get("/api/v1/live"))["calls"]
        if calls and calls[0]["recording"]["state"] in wanted:
            return calls[0]
        await asyncio.sleep(0.05)
    raise AssertionError(f"recording is not {wanted}: {[c['recording'] for c in calls]}")


async def order(daemon, call, state):
    """(status, title) of PUT …/recording."""
    api = await daemon.signed_in()
    status, _, body = await asyncio.to_thread(
        api.request, "PUT", f"/api/v1/live/{call['id']}/recording", {"state": state})
    return status, json.loads(body)["title"] if body else ""


async def dial_code(leg, code):
    for key in code:
        await leg.rtp.press(key)
        await asyncio.sleep(0.1)


def kinds(call):
    return [event["kind"] for event in call["events"]]


def at(call, kind):
    """Seconds from the answer to the event."""
    event = next(e for e in call["events"] if e["kind"] == kind)
    return parse_time(event["at"]) - parse_time(call["answered_at"])


def heard_tone(leg, frequency):
    samples, rate = leg.heard()
    found = audio.span(audio.tone_windows(samples, rate, frequency))
    return (found[1] - found[0] + 1) * 0.02 if found else 0.0


async def alarms(daemon):
    return [a for a in (await daemon.get("/api/v1/alarms"))["alarms"]
            if a["name"] == "recording.missing"]


@scenario
async def both_sides_hear_the_announcement_and_only_then_the_recording_begins(world):
    source = announcement(world)
    daemon, leg, other = await outside_call(world, recording={"announce": source})
    assert (await live_state(daemon, "announcing", "recording"))
    await live_state(daemon, "recording")
    await asyncio.sleep(2)
    for side, tone in ((leg, 450), (other, 1000)):
        length = heard_tone(side, ANNOUNCED)
        assert LENGTH - 0.3 < length < LENGTH + 0.3, f"the announcement was heard for {length:.2f} s"
        assert heard_tone(side, tone) > 1.0, "they do not hear each other after it"
    await hang_up(leg, other)
    call = await daemon.finished_call()
    assert kinds(call).index("announcement_played") < kinds(call).index("recording_started")
    sound = await sound_of(daemon, call)
    began = at(call, "recording_started")
    assert began > LENGTH - 0.3, f"recorded from {began:.2f} s on"
    check_tone(sound, 0, 1000, 1.5)
    check_tone(sound, 1, 450, 1.5)
    for channel in (0, 1):
        level = audio.tone_level(sound.channels[channel], sound.rate, ANNOUNCED)
        assert level < -45, f"the announcement is in the recording: {level:.0f} dB"
    await asyncio.sleep(17)  # the reconciliation looks every 15 s
    assert not await alarms(daemon), "an alarm about the seconds before the recording"


async def declined(world, wait_for_state):
    source = announcement(world)
    daemon, leg, other = await outside_call(world, recording={"announce": source})
    await live_state(daemon, wait_for_state)
    if wait_for_state == "recording":
        await asyncio.sleep(1.5)
    await leg.rtp.press("9")
    live = await live_state(daemon, "never")
    assert "asked not to be recorded" in live["recording"]["reason"], live["recording"]
    status, title = await order(daemon, live, "recording")
    assert status == 409 and "not to be recorded" in title, (status, title)
    await dial_code(other, "*2")
    await asyncio.sleep(1)
    assert (await live_state(daemon, "never"))
    await hang_up(leg, other)
    call = await daemon.finished_call()
    assert "recording_opted_out" in kinds(call), kinds(call)
    assert call["recording"]["state"] == "never", call["recording"]
    assert "asked not to be recorded" in call["recording"]["reason"], call["recording"]
    await until(lambda: not audio_files(daemon), "the audio to be gone")
    await asyncio.sleep(17)
    assert not await alarms(daemon), await alarms(daemon)
    code, out = await daemon.cli("recordings", "verify", "--json", check=False)
    assert code == 0, out


def audio_files(daemon):
    return [f for f in (daemon.data / "tenants").rglob("*")
            if f.is_file() and ("vault" in f.parts or "spool" in f.parts)]


@scenario(limit=90)
async def nine_during_the_announcement_means_no_recording_and_no_alarm(world):
    await declined(world, "announcing")


@scenario(limit=90)
async def nine_soon_after_the_announcement_destroys_what_was_recorded(world):
    await declined(world, "recording")


@scenario
async def nine_of_the_own_side_or_without_an_announcement_means_nothing(world):
    daemon, leg, other = await outside_call(world, recording={"announce": announcement(world)})
    await live_state(daemon, "recording")
    await other.rtp.press("9")
    await asyncio.sleep(1)
    await live_state(daemon, "recording")
    await hang_up(leg, other)
    assert (await daemon.finished_call())["recording"]["state"] == "sealed"


@scenario
async def an_announcement_that_cannot_be_played_is_said_aloud_and_the_call_goes_on(world):
    daemon, leg, other = await outside_call(world, recording={"announce": "file:nowhere.wav"})
    live = await live_state(daemon, "off")
    assert "could not be played" in live["recording"]["reason"], live["recording"]
    await asyncio.sleep(1)
    assert heard_tone(leg, 450) > 0.5 and heard_tone(other, 1000) > 0.5
    assert await alarms(daemon), "nobody was told"
    await hang_up(leg, other)
    call = await daemon.finished_call()
    assert call["recording"]["state"] == "missing", call["recording"]
    assert "announcement" in call["recording"]["reason"], call["recording"]


@scenario
async def star_one_pauses_and_resumes_and_the_file_keeps_its_length(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(1.5)
    await dial_code(leg, "*1")
    paused = await live_state(daemon, "paused")
    left = parse_time(paused["recording"]["resumes_at"]) - parse_time(paused["recording"]["since"])
    assert 299 < left < 301, paused["recording"]
    await asyncio.sleep(2)
    await dial_code(other, "*1")
    await live_state(daemon, "recording")
    await asyncio.sleep(1.5)
    await hang_up(leg, other)
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    begin, end = at(call, "recording_paused") + 0.6, at(call, "recording_resumed") - 0.4
    assert end - begin > 0.8, (begin, end)
    for channel, tone in ((0, 1000), (1, 450)):
        level = audio.tone_level(sound.part(channel, begin, end), sound.rate, tone)
        assert level < -60, f"channel {channel} has {level:.0f} dB in the pause"
        after = audio.tone_level(sound.part(channel, end + 1, end + 1.8), sound.rate, tone)
        assert after > -30, f"channel {channel} has {after:.0f} dB after the pause"
    who = {e["kind"]: e["leg"] for e in call["events"]}
    assert who["recording_paused"] != who["recording_resumed"], call["events"]
    assert other.rtp.digits().startswith("*1"), "the keys go to the other side as well"


@scenario
async def a_pause_ends_by_itself(world):
    daemon = await world.start(recording={"pause_limit": "2s"})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    live = await live_state(daemon, "recording")
    assert (await order(daemon, live, "paused"))[0] == 204
    await live_state(daemon, "paused")
    await live_state(daemon, "recording")
    await hang_up(leg, other)
    call = await daemon.finished_call()
    span = at(call, "recording_resumed") - at(call, "recording_paused")
    assert span > 1.9, f"paused for {span:.2f} s"
    paused = next(e for e in call["events"] if e["kind"] == "recording_paused")
    assert paused["detail"] == "ada", paused


@scenario
async def a_call_on_demand_is_recorded_from_its_first_start_to_its_last_stop(world):
    daemon = await world.start(recording={"mode": "on-demand"})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    live = await live_state(daemon, "off")
    assert (await order(daemon, live, "paused"))[0] == 409
    await asyncio.sleep(1)
    await dial_code(leg, "*2")
    await live_state(daemon, "recording")
    await asyncio.sleep(1.5)
    assert (await order(daemon, live, "off"))[0] == 204
    await live_state(daemon, "off")
    await asyncio.sleep(1.5)
    assert (await order(daemon, live, "recording"))[0] == 204
    await live_state(daemon, "recording")
    await asyncio.sleep(1.5)
    await dial_code(leg, "*3")
    await live_state(daemon, "off")
    await hang_up(leg, other)
    call = await daemon.finished_call()
    assert kinds(call).count("recording_started") == 2, kinds(call)
    assert kinds(call).count("recording_ended") == 2, kinds(call)
    sound = await sound_of(daemon, call)
    starts = [e for e in call["events"] if e["kind"] == "recording_started"]
    stops = [e for e in call["events"] if e["kind"] == "recording_ended"]
    zero = parse_time(starts[0]["at"])
    quiet = parse_time(stops[0]["at"]) - zero + 0.6, parse_time(starts[1]["at"]) - zero - 0.4
    level = audio.tone_level(sound.part(0, *quiet), sound.rate, 1000)
    assert level < -60, f"{level:.0f} dB between stop and start"
    again = parse_time(starts[1]["at"]) - zero + 0.6
    assert audio.tone_level(sound.part(0, again, again + 0.5), sound.rate, 1000) > -30


@scenario
async def a_call_that_nobody_asked_for_is_not_recorded_and_one_that_is_due_cannot_be_stopped(world):
    daemon = await world.start(recording={"mode": "on-demand"},
                               extension=[{"number": "101", "password": "correct-horse-101"},
                                          {"number": "102", "password": "correct-horse-102"},
                                          {"number": "103", "password": "correct-horse-103",
                                           "recording": "always"}])
    caller, callee, due = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, caller, callee)
    await asyncio.sleep(1)
    await hang_up(leg, other)
    call = await daemon.finished_call()
    assert call["recording"]["state"] == "never", call["recording"]
    leg, other = await connected(world, caller, due, "103")
    live = await live_state(daemon, "recording")
    status, title = await order(daemon, live, "off")
    assert status == 409 and "paused" in title, (status, title)
    await hang_up(leg, other)


@scenario
async def a_phone_outside_cannot_steer_the_recording(world):
    daemon, leg, other = await outside_call(world)
    await live_state(daemon, "recording")
    await dial_code(leg, "*1")
    await asyncio.sleep(1)
    assert (await live_state(daemon, "recording"))
    await dial_code(other, "*1")
    await live_state(daemon, "paused")
    await dial_code(leg, "*1")
    await asyncio.sleep(1)
    assert (await live_state(daemon, "paused"))
    await hang_up(leg, other)
    assert kinds(await daemon.finished_call()).count("recording_paused") == 1


@scenario
async def never_wins_over_everything_and_no_key_or_page_changes_that(world):
    daemon, leg, other = await outside_call(
        world, recording={"mode": "always", "inbound": "always"},
        number=[{**inbound("extension:102")[0], "recording": "never"}])
    live = await live_state(daemon, "never")
    assert MAIN in live["recording"]["reason"], live["recording"]
    for state in ("recording", "paused"):
        status, title = await order(daemon, live, state)
        assert status == 409 and "never" in title, (status, title)
    await dial_code(other, "*2")
    await asyncio.sleep(1)
    await hang_up(leg, other)
    assert (await daemon.finished_call())["recording"]["state"] == "never"
    assert not audio_files(daemon)


@scenario
async def a_blocked_caller_is_refused_and_a_silenced_one_hears_only_ringing(world):
    carrier = await world.carrier(host="127.0.0.2")
    daemon = await world.start(
        trunk=[trunk(carrier)], number=inbound("extension:102"), sip={"ring_time": "3s"},
        screening=[{"match": "+4990*", "mode": "BLOCK"}, {"match": "withheld", "mode": "SILENCE"},
                   {"match": "+49901*", "mode": "ALLOW"}])
    world.aim(carrier)
    callee = await world.phone("102")

    leg = carrier.dial("4930123450", sender="<sip:+4990055555@carrier.example>")
    how, message = await ended(leg)
    assert message.status == 603, (how, message.start)
    leg = carrier.dial("4930123450", sender="<sip:anonymous@anonymous.invalid>")
    how, message = await ended(leg)
    assert message.status == 480, (how, message.start)
    assert callee.calls.empty(), "the phone rang"
    leg = carrier.dial("4930123450", sender="<sip:+4990155555@carrier.example>")
    other = await callee.next_call()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    await hang_up(leg, other)
    calls = await daemon.wait_for_calls(lambda c: c["ended_at"], 3)
    for call in calls[1:]:
        details = await daemon.get(f"/api/v1/calls/{call['id']}")
        assert any("screening rule" in step["text"] for step in details["trace"]), details["trace"]


@scenario
async def a_schedule_decides_whether_calls_are_recorded_and_where_they_go(world):
    always = {"name": "always", "open": ["Mon-Sun 00:00-24:00"]}
    never = {"name": "never", "open": []}
    for schedule, state in (("always", "sealed"), ("never", "never")):
        daemon = await world.start(recording={"schedule": schedule}, schedule=[always, never])
        caller, callee = await world.phones_for("101", "102")
        leg, other = await connected(world, caller, callee)
        await asyncio.sleep(1)
        await hang_up(leg, other)
        calls = await daemon.wait_for_calls(
            lambda c: c["ended_at"] and (c["recording"] or {}).get("state") == state)
        if state == "never":
            assert "schedule" in calls[0]["recording"]["reason"], calls[0]["recording"]
        await daemon.stop()


@scenario
async def route_says_the_same_as_a_call_would(world):
    carrier = await world.carrier(host="127.0.0.2")
    daemon = await world.start(
        trunk=[trunk(carrier)], number=inbound("extension:102"),
        recording={"schedule": "office"},
        schedule=[{"name": "office", "time_zone": "Europe/Berlin", "open": ["Mon-Fri 09:00-17:00"],
                   "closed": ["12-24"]}],
        screening=[{"match": "+4990*", "mode": "BLOCK"}])

    async def route(*words):
        code, out = await daemon.cli("route", "--json", *words, check=False)
        return code, json.loads(out.splitlines()[0])

    code, said = await route("--from", "+4917155501", "--to", MAIN, "--at", "2026-11-23 10:00")
    assert code == 0 and "102" in said["result"], said
    assert said["recording"]["verdict"] == "recorded", said
    _, said = await route("--from", "+4917155501", "--to", MAIN, "--at", "2026-12-24 10:00")
    assert said["recording"]["verdict"] == "not recorded", said
    assert "schedule" in said["recording"]["reason"], said
    code, said = await route("--from", "+49900", "--to", MAIN)
    assert code == 1 and "603" in said["result"], said
    assert "screening" in said["trace"][-1]["source"], said
    code, said = await route("--from", "101", "--to", "102")
    assert code == 0 and said["direction"] == "internal", said
    assert (await daemon.cli("route", "--from", "101", check=False))[0] == 2
    assert (await daemon.cli("route", "--from", "101", "--to", "102", "--at", "soon",
                             check=False))[0] == 2
