# SPDX-License-Identifier: Apache-2.0
"""A vector file under construction: every statement is done on the Python tile and written down, with what the tile then
shows as the expectation. The format is that of docs/conformance.md, "Vector files"."""
from nt_tile import Refused, Tile

PER_LINE = 16


class Random:
    """splitmix64: the same numbers everywhere."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2 ** 64
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2 ** 64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2 ** 64
        return z ^ z >> 31

    def below(self, n):
        return self.next() % n

    def chance(self, percent):
        return self.below(100) < percent

    def choose(self, values):
        return values[self.below(len(values))]

    def value(self, bits):
        """A signed value; the corners of its range, and small ones, come often."""
        kind = self.below(8)
        edge = 1 << (bits - 1)
        if kind == 0:
            return self.choose([0, 1, -1, edge - 1, -edge])
        if kind == 1:
            return max(-edge, min(edge - 1, self.choose([1, -1]) * (1 << self.below(bits)) + self.below(3) - 1))
        x = self.next() % (1 << (bits if kind < 5 else 1 + self.below(bits)))
        return x - (1 << bits) if x >= edge else x


class Case:
    def __init__(self, spec, params, lines, name):
        self.spec, self.tile, self.lines = spec, Tile(spec, params), lines
        self.space = spec.code["SPACE"]
        lines.append("")
        lines.append("case " + name)

    def say(self, word, *numbers):
        self.lines.append(" ".join([word] + ["%x" % n for n in numbers]))

    def note(self, text):
        self.lines.append("# " + text)

    # ---- what happens ----

    def write(self, core, space, addr, words):
        for i in range(0, len(words), PER_LINE):
            part = [w % 2 ** 32 for w in words[i:i + PER_LINE]]
            for k, word in enumerate(part):
                self.tile.core[core].write(self.space[space], addr + i + k, word)
            self.say("write", core, self.space[space], addr + i, *part)

    def pool(self, core, word, lanes):
        """Lanes from pool word `word` on; addresses wrap."""
        size, per_word = self.tile.params["POOL_WORDS"], self.tile.word_lanes
        for i in range(0, len(lanes), per_word):
            self.write(core, "POOL", (word + i // per_word) % size * per_word, lanes[i:i + per_word])

    def dwords(self, core, word, dwords):
        lanes = [half for d in dwords for half in (d & 0xFFFFFFFF, d >> 32)]
        self.pool(core, word, lanes + [0] * (-len(lanes) % self.tile.word_lanes))

    def creg(self, core, **values):
        for name, value in values.items():
            self.write(core, "CREG", self.spec.creg[name], [value])

    def register(self, name, value):
        """TILE_ID, ERROR (whose bits are cleared) or CTRL.CLEAR_STATE."""
        if name == "TILE_ID":
            self.tile.tile_id = value
        elif name == "ERROR":
            self.tile.error &= ~value
        elif value == self.spec.record["CTRL"].put(CLEAR_STATE=1):
            self.tile.clear_state()
        else:
            raise ValueError(name)
        self.say("setreg", self.spec.reg[name], value)

    def spike(self, axon, payload, cores=1, tile=0, kind="GRADED24"):
        message = self.spec.record["SPIKE"].put(AXON=axon, PAYLOAD=payload, CORES=cores, TILE=tile,
                                                TYPE=self.spec.code["SPIKE_TYPE"][kind])
        self.tile.arrive(message)
        self.say("spike", message)

    def step(self, timestep):
        self.tile.step(timestep)
        self.say("step", timestep)

    def reset(self):
        self.tile.reset()
        self.say("reset")

    # ---- what is expected ----

    def out(self):
        for i in range(0, len(self.tile.out), 8):
            self.say("out", *sorted(self.tile.out)[i:i + 8])
        self.say("outend")
        self.tile.out = []

    def probes(self):
        for probe in sorted(self.tile.probes):
            self.say("probe", *probe)  # core, group, neuron, value
        self.say("probeend")
        self.tile.probes = []

    def read(self, core, space, addr, count=1):
        for i in range(0, count, PER_LINE):
            words = [self.tile.core[core].read(self.space[space], addr + k)
                     for k in range(i, min(i + PER_LINE, count))]
            self.say("read", core, self.space[space], addr + i, *words)

    def state(self, core, base, words):
        """Pool words from `base` on; addresses wrap."""
        for k in range(words):
            word = (base + k) % self.tile.params["POOL_WORDS"]
            self.read(core, "POOL", word * self.tile.word_lanes, self.tile.word_lanes)

    def show(self, name, offset=0):
        """A tile register."""
        tile = self.tile
        value = {"TILE_ID": lambda: tile.tile_id, "TIMESTEP": lambda: tile.timestep, "STEPS": lambda: tile.steps,
                 "ERROR": tile.core_error, "STATUS": tile.status}[name]()
        if value is None:
            self.note(name + " is not specified here: ACC_OVERFLOW may be either")
        else:
            self.say("reg", self.spec.reg[name] + offset, value)

    def refused(self, core, space, addr):
        try:
            self.tile.request(core, space, addr)
        except Refused:
            self.say("refused", core, space, addr)
            return
        raise ValueError("not refused: core %d space %d address %d" % (core, space, addr))

    def core_registers(self):
        """Flags, counters and activity of every core."""
        creg = self.spec.creg
        for number, core in enumerate(self.tile.core):
            if core.flags_now() is None:
                self.note("FLAGS of core %d are not specified here: ACC_OVERFLOW may be either" % number)
            else:
                self.read(number, "CREG", creg["FLAGS"])
            self.read(number, "CREG", creg["COUNTERS"], 2 * len(core.counter))
            self.read(number, "ACT", 0, self.tile.params["LINES"])

    def coming(self, core):
        """The coming accumulators of the active rows."""
        lanes = self.tile.line_lanes
        for row in sorted(self.tile.core[core].coming):
            self.read(core, "ACC", row * lanes, lanes)

    def end(self):
        self.out()
        self.probes()
        self.core_registers()
        for name in ("ERROR", "STATUS", "TIMESTEP", "STEPS"):
            self.show(name)
        self.lines.append("end")
