# SPDX-License-Identifier: Apache-2.0
"""A tile in plain Python, written from the pages of docs/spec/ alone: slow, with exact integers of any size
and without a thought for hardware. What it computes is what the stored vectors expect."""


def wrap(x, n):
    """wrap(x, n) of arithmetic.md."""
    x %= 1 << n
    return x - (1 << n) if x >= 1 << (n - 1) else x


def sat(x, n):
    return max(-(1 << (n - 1)), min(x, (1 << (n - 1)) - 1))


def rshift(x, s):
    """To nearest, ties toward plus infinity: floor((x + 2^(s-1)) / 2^s)."""
    return x if s == 0 else (x + (1 << (s - 1))) // (1 << s)


class Refused(Exception):
    """SLVERR, or an ERROR response."""


class Core:
    def __init__(self, tile, number):
        p = tile.params
        self.tile, self.number = tile, number
        self.pool = [0] * (p["POOL_WORDS"] * tile.word_lanes)
        self.prog = [0] * p["PROG_WORDS"]
        self.table = [0] * p["TABLE_WORDS"]
        self.group = [0] * (p["GROUPS"] * tile.spec.const["GROUP_WORDS"])
        self.reset()

    def reset(self):
        self.axon_base = self.axon_count = self.probe_enable = self.flags = 0
        self.counter = [0] * self.tile.spec.const["COUNTERS_EXACT"]
        self.coming, self.current = {}, {}  # row -> exact sums of its lanes; a row is active if it is there
        self.bound = {}  # row -> B(r)
        self.exceeded = self.overflowed = False
        self.loose = False  # some term alone left the range: the flag is not specified

    # ---- the pool ----

    def lane(self, word, k):
        return self.pool[word % self.tile.params["POOL_WORDS"] * self.tile.word_lanes + k]

    def dword(self, base, index):
        """Dword `index` of a table of dwords at pool word `base`."""
        per_word = self.tile.word_lanes // 2
        word, k = base + index // per_word, index % per_word
        return self.lane(word, 2 * k) | self.lane(word, 2 * k + 1) << 32

    # ---- from spike to accumulator ----

    def count(self, name, n=1):
        k = self.tile.spec.code["COUNTER"][name]
        self.counter[k] = (self.counter[k] + n) % (1 << 64)

    def flag(self, name):
        self.flags |= 1 << self.tile.spec.record["FLAGS"].fields[name][1]

    def row(self, row):
        """The sums of a row that a list touches."""
        if row not in self.coming:
            self.coming[row] = [0] * self.tile.line_lanes
            self.bound[row] = 0
        return self.coming[row]

    def charge(self, row, bound):
        limit = 1 << (self.tile.params["ACC_BITS"] - 1)
        self.bound[row] += bound
        self.exceeded |= self.bound[row] >= limit
        self.loose |= bound >= limit

    def deliver(self, axon, payload):
        tile, spec = self.tile, self.tile.spec
        lanes, lines = tile.line_lanes, tile.params["LINES"]
        record, formats = spec.record["AXON"], spec.code["FORMAT"]
        self.count("MSG_IN")
        entry = self.dword(self.axon_base, axon) if axon < self.axon_count else 0

        def field(name):
            return record.get(entry, name)

        kind = field("FORMAT")
        if kind == formats["NONE"] or kind > formats["SINGLE"]:
            self.flag("BAD_AXON")
            return
        scale = payload * 2 ** field("EXP")
        weight = wrap(field("WEIGHT"), 8)
        block = [(d, l) for d in range(field("DENDRITES") + 1) for l in range(field("LINES") + 1)]
        if kind == formats["DENSE"]:
            digits = field("DIGITS") + 1
            for number, (d, l) in enumerate(block):
                row = (field("DENDRITE") + d) % 4 * lines + (field("LINE") + l) % lines
                sums = self.row(row)
                for i in range(lanes):
                    w = 0
                    for j in range(digits):
                        c = self.lane(field("PTR") + number * digits + j, i // 16) >> 2 * (i % 16) & 3
                        w += (wrap(c, 2) if j == digits - 1 else c) * 4 ** j
                    sums[i] += scale * w
                self.charge(row, abs(scale) * 2 ** (2 * digits - 1))
            self.count("SYNOPS", len(block) * lanes)
            self.count("WORDS", len(block) * digits)
        elif kind == formats["UNIFORM"]:
            for d, l in block:
                row = (field("DENDRITE") + d) % 4 * lines + (field("LINE") + l) % lines
                sums = self.row(row)
                for i in range(lanes):
                    sums[i] += scale * weight
                self.charge(row, abs(scale * weight))
            self.count("SYNOPS", len(block) * lanes)
        elif kind == formats["SINGLE"]:
            self.synapse(field("DENDRITE"), field("NEURON"), scale * weight)
            self.count("SYNOPS")
        else:
            per_dword = spec.const["SPARSE_PER_DWORD"]
            per_word = per_dword * tile.word_lanes // 2
            synapse = spec.record["SPARSE"]
            for n in range(field("COUNT")):
                word = field("PTR") + n // per_word
                dword = self.lane(word, n % per_word // per_dword * 2)
                dword |= self.lane(word, n % per_word // per_dword * 2 + 1) << 32
                bits = dword >> 20 * (n % per_dword)
                self.synapse(field("DENDRITE"), field("LINE") * lanes + synapse.get(bits, "INDEX"),
                             scale * wrap(synapse.get(bits, "WEIGHT"), 8))
            self.count("SYNOPS", field("COUNT"))
            self.count("WORDS", -(-field("COUNT") // per_word))

    def synapse(self, dendrite, neuron, term):
        lanes, lines = self.tile.line_lanes, self.tile.params["LINES"]
        neuron %= lines * lanes
        row = dendrite % 4 * lines + neuron // lanes
        self.row(row)[neuron % lanes] += term
        self.charge(row, abs(term))

    def settle(self):
        """A quiescent moment: has some exact sum left its range?"""
        limit = 1 << (self.tile.params["ACC_BITS"] - 1)
        for sums in self.coming.values():
            self.overflowed |= any(not -limit <= x < limit for x in sums)

    def flags_now(self):
        """FLAGS, or None where ACC_OVERFLOW is unspecified."""
        self.settle()
        if self.loose or self.exceeded and not self.overflowed:
            return None
        return self.flags | (1 << self.tile.spec.record["FLAGS"].fields["ACC_OVERFLOW"][1] if self.exceeded else 0)

    # ---- host access ----

    def place(self, space, addr):
        """Where a word lives, as (list, index), for the plain spaces; None if it does not exist."""
        code = self.tile.spec.code["SPACE"]
        memory = {code["POOL"]: self.pool, code["PROG"]: self.prog, code["TABLE"]: self.table,
                  code["GROUP"]: self.group}.get(space)
        return (memory, addr) if memory is not None and addr < len(memory) else None

    def read(self, space, addr):
        code, lanes = self.tile.spec.code["SPACE"], self.tile.line_lanes
        place = self.place(space, addr)
        if place:
            return place[0][place[1]]
        if space == code["ACC"] and addr < 4 * self.tile.params["LINES"] * lanes:
            row = self.coming.get(addr // lanes)
            return wrap(row[addr % lanes], self.tile.params["ACC_BITS"]) % 2 ** 32 if row else 0
        if space == code["ACT"] and addr < self.tile.params["LINES"]:
            return sum(1 << d for d in range(4) if d * self.tile.params["LINES"] + addr in self.coming)
        if space == code["CREG"]:
            creg = self.tile.spec.creg
            if addr == creg["FLAGS"]:
                return self.flags_now()
            plain = {creg["AXON_BASE"]: self.axon_base, creg["AXON_COUNT"]: self.axon_count,
                     creg["PROBE_ENABLE"]: self.probe_enable}
            if addr in plain:
                return plain[addr]
            n = addr - creg["COUNTERS"]
            if 0 <= n < 2 * len(self.counter):
                return self.counter[n // 2] >> 32 * (n % 2) & 0xFFFFFFFF
        raise Refused

    def write(self, space, addr, value):
        """A fresh tile only: ACC and ACT are left to spikes, flags to what sets them."""
        creg = self.tile.spec.creg
        place = self.place(space, addr)
        if place:
            place[0][place[1]] = value
        elif space == self.tile.spec.code["SPACE"]["CREG"] and addr == creg["AXON_BASE"]:
            self.axon_base = value & 0xFFFF
        elif space == self.tile.spec.code["SPACE"]["CREG"] and addr == creg["AXON_COUNT"]:
            self.axon_count = value & 0x1FFFF
        elif space == self.tile.spec.code["SPACE"]["CREG"] and addr == creg["PROBE_ENABLE"]:
            self.probe_enable = value & 1
        elif space == self.tile.spec.code["SPACE"]["CREG"] and \
                0 <= addr - creg["COUNTERS"] < 2 * len(self.counter):
            n = addr - creg["COUNTERS"]
            keep = self.counter[n // 2] & (0xFFFFFFFF << 32 * (1 - n % 2))
            self.counter[n // 2] = keep | value << 32 * (n % 2)
        else:
            raise Refused

    # ---- groups ----

    def groups(self):
        """Descriptors of the enabled groups, by number."""
        size = self.tile.spec.const["GROUP_WORDS"]
        for number in range(self.tile.params["GROUPS"]):
            words = self.group[number * size:(number + 1) * size]
            if self.tile.spec.record["GROUP0"].get(words[0], "ENABLE"):
                yield number, self.descriptor(words)

    def descriptor(self, words):
        fields = {}
        for k in range(4):
            record = self.tile.spec.record["GROUP%d" % k]
            fields.update({name: record.get(words[k], name) for name in record.fields})
        port = self.tile.spec.record["GROUP_PORT"]
        fields["PORTS"] = [(port.get(w, "PTR"), port.get(w, "COUNT")) for w in words[4:12]]
        return fields

    def pending(self):
        return bool(self.coming) or any(g["ALWAYS"] for _, g in self.groups())

    def clear_state(self):
        self.settle()
        for _, group in self.groups():
            for beat in range(16 * group["LINES"]):
                if beat * self.tile.word_lanes >= group["NEURONS"]:
                    break
                for k in range(group["CLEAR_WORDS"]):
                    word = (group["STATE_BASE"] + beat * group["STATE_WORDS"] + k) % self.tile.params["POOL_WORDS"]
                    at = word * self.tile.word_lanes
                    self.pool[at:at + self.tile.word_lanes] = [0] * self.tile.word_lanes
        self.coming, self.bound = {}, {}

    def run(self):
        lanes = self.tile.line_lanes
        for number, group in self.groups():
            for l in range(group["LINES"]):
                line = group["LINE"] + l
                mask = sum(1 << d for d in range(4) if d * self.tile.params["LINES"] + line in self.current)
                neurons = [n for n in range(l * lanes, (l + 1) * lanes) if n < group["NEURONS"]]
                if line >= self.tile.params["LINES"] or not (mask or group["ALWAYS"]):
                    continue
                self.count("NEURONS", len(neurons))
                for first in range(l * lanes, (l + 1) * lanes, lanes // 4):
                    strip = [Neuron(n) for n in neurons if first <= n < first + lanes // 4]
                    if strip:
                        Strip(self, number, group, line, mask, strip).run()


class Neuron:
    def __init__(self, number):
        self.number = number
        self.reg = [0] * 16
        self.predicate = False
        self.skip = 0


class Strip:
    """One run of a group's program for the neurons of a strip (isa.md)."""

    def __init__(self, core, number, group, line, mask, neurons):
        self.core, self.number, self.group = core, number, group
        self.line, self.mask, self.neurons = line, mask, neurons
        spec = core.tile.spec
        self.instr, self.ops = spec.record["INSTR"], {code: name for name, code in spec.code["OP"].items()}

    def run(self):
        core, pc, issued = self.core, self.group["ENTRY"], 0
        while True:
            if issued == core.tile.spec.const["STRIP_INSTR_LIMIT"]:
                core.flag("RUNAWAY")
                return
            word = core.prog[pc] if pc < len(core.prog) else 0
            op = self.ops.get(self.instr.get(word, "OP"))
            if pc >= len(core.prog) or op is None or not self.defined(op, word):
                core.flag("BAD_INSTR")
                return
            core.count("INSTRS")
            issued += 1
            live = [n for n in self.neurons if n.skip == 0]
            for n in self.neurons:
                n.skip -= n.skip > 0
            if op == "END":
                return
            if op == "JMP":
                pc = self.instr.get(word, "TARGET") if self.taken(word, live) else pc + 1
                continue
            for n in live:
                self.execute(op, word, n)
            pc += 1

    def defined(self, op, word):
        k, f = self.instr.get(word, "RB"), self.instr.get(word, "FRAC")
        if op == "LERP":
            return 1 <= k <= 9 and k + f <= 32
        return op != "JMP" or self.instr.get(word, "RA") <= 4

    def taken(self, word, live):
        some = any(n.predicate for n in live)
        shared = self.mask & self.instr.get(word, "RB") != 0
        return [True, shared, not shared, some, not some][self.instr.get(word, "RA")]

    def operand(self, word, n):
        get, core = self.instr.get, self.core
        if not get(word, "BCONST"):
            return n.reg[get(word, "RB")]
        index = self.group["CONST_BASE"] + get(word, "CONST_HI") * 16 + get(word, "RB")
        return wrap(core.table[index % len(core.table)], 32)

    def state(self, n, k):
        """Index into the pool of state word k of the neuron."""
        tile = self.core.tile
        word = self.group["STATE_BASE"] + n.number // tile.word_lanes * self.group["STATE_WORDS"] + k
        return word % tile.params["POOL_WORDS"] * tile.word_lanes + n.number % tile.word_lanes

    def execute(self, op, word, n):
        core, tile = self.core, self.core.tile
        get = self.instr.get
        rd, a, which = get(word, "RD"), n.reg[get(word, "RA")], get(word, "WHICH")
        if op == "LD":
            n.reg[rd] = wrap(core.pool[self.state(n, get(word, "K"))], 32)
        elif op == "ST":
            core.pool[self.state(n, get(word, "K"))] = a % 2 ** 32
        elif op == "RDC":
            sums = core.current.get(which % 4 * tile.params["LINES"] + self.line)
            n.reg[rd] = wrap(sums[n.number % tile.line_lanes], tile.params["ACC_BITS"]) if sums else 0
        elif op == "SPC":
            n.reg[rd] = [wrap(tile.timestep, 32), n.number, self.mask, 0, 0, 0, 0, 0][which]
        elif op in ("CLT", "CGE", "CEQ"):
            b = self.operand(word, n)
            n.predicate = {"CLT": a < b, "CGE": a >= b, "CEQ": a == b}[op]
        elif op == "SKP":
            if n.predicate != bool(get(word, "INVERT")):
                n.skip = get(word, "SKIP")
        elif op == "LUT":
            u = max(0, min(a, 2 ** get(word, "RB") - 1))
            n.reg[rd] = wrap(core.table[(get(word, "TBASE") + u) % len(core.table)], 32)
        elif op == "LERP":
            n.reg[rd] = self.lerp(word, a)
        elif op == "SPK":
            if a != 0:
                self.send(which, n.number, a)
        elif op == "PRB":
            if core.probe_enable:
                tile.probes.append((core.number, self.number, n.number, a % 2 ** 32))
        else:
            n.reg[rd] = self.alu(op, word, a, self.operand(word, n), n.predicate)

    def lerp(self, word, a):
        k, f = self.instr.get(word, "RB"), self.instr.get(word, "FRAC")
        u = max(-2 ** (k + f - 1), min(a, 2 ** (k + f - 1) - 1))
        i = u // 2 ** f + 2 ** (k - 1)
        entry = self.core.table[(self.instr.get(word, "TBASE") + i) % len(self.core.table)]
        return wrap(entry, 16) + rshift(wrap(entry >> 16, 16) * (u % 2 ** f), f)

    def alu(self, op, word, a, b, predicate):
        if op == "SHF":
            if b >= 32:
                x = 0
            elif b >= 0:
                x = wrap(a * 2 ** b, 32)
            else:
                x = a // 2 ** min(-b, 31)
        else:
            x = {"MOV": lambda: b, "ADD": lambda: a + b, "SUB": lambda: a - b, "NEG": lambda: -b,
                 "MIN": lambda: min(a, b), "MAX": lambda: max(a, b), "AND": lambda: a & b, "OR": lambda: a | b,
                 "XOR": lambda: a ^ b, "MULS": lambda: rshift(a * b, min(self.instr.get(word, "SHIFT"), 62)),
                 "CLZ": lambda: 32 - (b % 2 ** 32).bit_length(), "SEL": lambda: a if predicate else b}[op]()
        width = self.instr.get(word, "SAT")
        return sat(x, width) if width else wrap(x, 32)

    def send(self, port, neuron, value):
        core, tile = self.core, self.core.tile
        dest, types = tile.spec.record["DEST"], tile.spec.code["SPIKE_TYPE"]
        ptr, count = self.group["PORTS"][port]
        for k in range(count):
            entry = core.dword(ptr, k)
            kind = dest.get(entry, "TYPE")
            payload = 1 if kind == types["BINARY"] else wrap(value, 8 * kind)
            if kind != types["BINARY"] and payload != value:
                core.flag("PAYLOAD_CLIPPED")
            core.count("MSG_OUT")
            axon = (dest.get(entry, "AXON") + (neuron if dest.get(entry, "VECTOR") else 0)) % 65536
            message = tile.spec.record["SPIKE"].put(PAYLOAD=payload, AXON=axon, TILE=dest.get(entry, "TILE"),
                                                    CORES=dest.get(entry, "CORES"), TYPE=kind)
            if dest.get(entry, "TILE") == tile.tile_id:
                tile.arrive(message)
            else:
                tile.out.append(message)


class Tile:
    def __init__(self, spec, params):
        self.spec, self.params = spec, params
        self.word_lanes, self.line_lanes = params["WORD_BITS"] // 32, params["WORD_BITS"] // 2
        self.core = [Core(self, n) for n in range(params["CORES"])]
        self.reset()

    def reset(self):
        for core in self.core:
            core.reset()
        self.tile_id = self.timestep = self.steps = self.error = 0
        self.out, self.probes = [], []

    def arrive(self, message):
        """A spike for this tile: to its cores, or dropped as misrouted."""
        spike = self.spec.record["SPIKE"]
        named = [core for core in self.core if spike.get(message, "CORES") >> core.number & 1]
        if spike.get(message, "TILE") != self.tile_id or not named:
            self.error |= 1 << self.spec.record["ERROR"].fields["MISROUTE"][1]
        else:
            for core in named:
                core.deliver(spike.get(message, "AXON"), wrap(spike.get(message, "PAYLOAD"), 24))

    def step(self, timestep):
        self.timestep = timestep
        for core in self.core:
            core.settle()
            core.current, core.coming, core.bound = core.coming, {}, {}
        for core in self.core:
            core.run()
        self.timestep = (timestep + 1) % 2 ** 32
        self.steps += 1

    def clear_state(self):
        for core in self.core:
            core.clear_state()

    def core_error(self):
        """ERROR, or None where a flag is unspecified."""
        flags = [core.flags_now() for core in self.core]
        if None in flags:
            return None
        low = self.spec.record["ERROR"].fields["CORE"][1]
        return self.error | sum(1 << low + n for n, f in enumerate(flags) if f)

    def status(self):
        record = self.spec.record["STATUS"]
        error = self.core_error()
        if error is None:
            return None
        return record.put(PENDING=any(core.pending() for core in self.core), ERROR=error != 0)

    def request(self, core, space, addr):
        """The core, if it has such a word; a request that is refused is noted."""
        if core < len(self.core):
            try:
                self.core[core].read(space, addr)
                return self.core[core]
            except Refused:
                pass
        self.error |= 1 << self.spec.record["ERROR"].fields["BAD_ADDR"][1]
        raise Refused
