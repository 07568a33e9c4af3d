"""Encrypted audio (RFC 4568): each suite, keys on RTP/AVP, and what the configuration says of it.

The phones' SRTP is of its own making (harness/srtp.py), baresip's is libre's.
"""

import asyncio

from harness import sdp, srtp
from harness.recording import check_length, check_tone, sound_of
from harness.registry import scenario
from harness.world import connected, ended, hang_up
from scenarios.a_talking import check_heard, talk
from scenarios.h_peers import baresips_talk


async def they_talk(world, one, two, **settings):
    """A call between phones with those settings, heard both ways and recorded."""
    daemon = await world.start(**settings)
    caller = await world.phone("101", **one)
    callee = await world.phone("102", **two)
    leg, other = await talk(caller, callee, "102", 2)
    check_heard(leg, 450, 2)
    check_heard(other, 1000, 2)
    for side in (leg, other):
        assert side.rtp.unreadable == 0, f"{side.rtp.unreadable} packets with another key"
    call = await daemon.finished_call()
    assert all(leg["quality"]["packets_refused"] == 0 for leg in call["legs"]), call["legs"]
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_tone(sound, 0, 1000, 1.5)
    check_tone(sound, 1, 450, 1.5)
    return leg, other


async def suite_is_talked(world, suite):
    """The caller offers it alone, the callee takes it from our offer and nothing else."""
    srtp.self_check()
    phone = {"srtp": (suite,), "profile": "RTP/SAVP"}
    leg, other = await they_talk(world, phone, phone, media={"srtp": "require"})
    assert (leg.suite, other.suite) == (suite, suite), (leg.suite, other.suite)
    assert leg.peer.profile == other.peer.profile == "RTP/SAVP"


@scenario
async def encrypted_by_aes_cm_128_with_the_long_tag(world):
    await suite_is_talked(world, "AES_CM_128_HMAC_SHA1_80")


@scenario
async def encrypted_by_aes_cm_128_with_the_short_tag(world):
    await suite_is_talked(world, "AES_CM_128_HMAC_SHA1_32")


@scenario
async def encrypted_by_aes_cm_256_with_the_long_tag(world):
    await suite_is_talked(world, "AES_256_CM_HMAC_SHA1_80")


@scenario
async def encrypted_by_aes_cm_256_with_the_short_tag(world):
    await suite_is_talked(world, "AES_256_CM_HMAC_SHA1_32")


@scenario
async def encrypted_by_aes_gcm_128(world):
    await suite_is_talked(world, "AEAD_AES_128_GCM")


@scenario
async def encrypted_by_aes_gcm_256(world):
    await suite_is_talked(world, "AEAD_AES_256_GCM")


@scenario
async def a_phone_that_offers_keys_on_rtp_avp_is_answered_with_one_and_both_are_recorded(world):
    suites = ("AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80")
    leg, other = await they_talk(world, {"srtp": suites}, {})
    assert leg.suite == suites[0] and leg.peer.profile == "RTP/AVP", (leg.suite, leg.peer)
    assert other.suite is None and other.peer.profile == "RTP/AVP", "the plain phone got keys"


@scenario
async def keys_on_rtp_avp_do_where_the_configuration_requires_encryption(world):
    secure = {"srtp": ("AES_CM_128_HMAC_SHA1_80",)}
    leg, other = await they_talk(world, secure, secure, media={"srtp": "require"})
    assert leg.suite and other.suite, "one of them was not encrypted"


@scenario
async def keys_on_rtp_avp_are_left_where_the_configuration_switches_encryption_off(world):
    leg, _ = await they_talk(world, {"srtp": ("AES_CM_128_HMAC_SHA1_80",)}, {},
                             media={"srtp": "off"})
    assert leg.suite is None and not leg.peer.crypto, leg.peer


@scenario
async def a_phone_with_unknown_suites_only_talks_without_encryption_if_it_may(world):
    unknown = {"srtp": ("F8_128_HMAC_SHA1_80",)}
    srtp.SUITES["F8_128_HMAC_SHA1_80"] = (16, 14, 10)  # only to make its line
    leg, _ = await they_talk(world, unknown, {})
    assert leg.suite is None, "it was answered with a key"


@scenario
async def a_plain_phone_is_refused_where_encryption_is_required(world):
    await world.start(media={"srtp": "require"})
    caller, _ = await world.phones_for("101", "102")
    how, response = await ended(caller.dial("102"))
    assert how == "refused" and response.status == 488, how


@scenario
async def encryption_agreed_on_rtp_avp_stays_through_hold_and_our_own_offer(world):
    await world.start()
    caller = await world.phone("101", srtp=("AES_256_CM_HMAC_SHA1_80",))
    callee = await world.phone("102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    for direction in ("sendonly", "sendrecv"):
        assert (await leg.reinvite(direction=direction)).status == 200
        assert leg.suite == "AES_256_CM_HMAC_SHA1_80", leg.suite
    # Without an offer of the phone ours is answered: keys on RTP/AVP again.
    response = await leg.reinvite(with_offer=False)
    ours = sdp.parse(response.body)
    assert ours.profile == "RTP/AVP" and len(ours.crypto) >= 6, ours
    assert ours.crypto[0][1] == "AES_CM_128_HMAC_SHA1_80", "old phones read the first line only"
    await asyncio.sleep(1.5)
    for side in (leg, other):
        assert side.rtp.unreadable == 0, f"{side.rtp.unreadable} packets with another key"
    check_heard(other, 1000, 1)
    await hang_up(leg, other)


@scenario
async def two_baresips_with_optional_encryption_talk_encrypted(world):
    call = await baresips_talk(world, more=";mediaenc=srtp", media={"srtp": "require"})
    assert call["outcome"] == "answered"
