#!/usr/bin/env python3
"""A link between two TUN devices that delays every IP packet and drops some, for kernels without netem.

Usage: tun-link.py DEVICE_A DEVICE_B DELAY_MS LOSS_PERCENT SEED

Makes both devices in the network namespace it runs in; they may be moved elsewhere then, and the packets still come here. A packet that
goes into one comes out of the other DELAY_MS later, unless it is dropped: each one by itself, with the same chance in both directions.
Runs until SIGTERM, and prints then how many packets it got and how many of them it dropped, as JSON.
"""

import collections
import fcntl
import json
import os
import random
import select
import signal
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
LARGEST_PACKET = 65536


def open_tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


class Way:
    """One direction. The delay is the same for all packets, so that the first in is the first out."""

    def __init__(self, source, target):
        self.source = source
        self.target = target
        self.waiting = collections.deque()
        self.got = 0
        self.dropped = 0

    def read(self, delay, loss, chance):
        while True:
            try:
                packet = os.read(self.source, LARGEST_PACKET)
            except OSError:
                # Nothing more is there (EAGAIN), or the device is not up yet (EIO).
                return
            self.got += 1
            if chance.random() < loss:
                self.dropped += 1
            else:
                self.waiting.append((time.monotonic() + delay, packet))

    def write(self, now):
        while self.waiting and self.waiting[0][0] <= now:
            _, packet = self.waiting.popleft()
            try:
                os.write(self.target, packet)
            except OSError:
                # The device is not up yet: what the kernel says to its neighbours by itself (IPv6) is no loss.
                pass


class Stopped(Exception):
    pass


def stop(_signal, _frame):
    raise Stopped


def main():
    first, second, delay_ms, loss_percent, seed = sys.argv[1:]
    delay = float(delay_ms) / 1000
    loss = float(loss_percent) / 100
    chance = random.Random(int(seed))
    a, b = open_tun(first), open_tun(second)
    ways = {a: Way(a, b), b: Way(b, a)}
    signal.signal(signal.SIGTERM, stop)
    try:
        while True:
            now = time.monotonic()
            due = [way.waiting[0][0] - now for way in ways.values() if way.waiting]
            ready, _, _ = select.select([a, b], [], [], max(0, min(due)) if due else None)
            for device in ready:
                ways[device].read(delay, loss, chance)
            now = time.monotonic()
            for way in ways.values():
                way.write(now)
    except Stopped:
        packets = sum(way.got for way in ways.values())
        dropped = sum(way.dropped for way in ways.values())
        print(json.dumps({"packets": packets, "dropped": dropped}), flush=True)


main()
