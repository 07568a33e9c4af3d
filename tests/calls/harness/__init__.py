"""What the call tests are made of: a daemon under test, phones with real RTP, carriers, measures.

Everything runs in one asyncio loop per scenario, on loopback addresses, with free ports, and with
nothing but Python's own library. sipp, baresip, sox and ffmpeg are used as separate programs.
"""
