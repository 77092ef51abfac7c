#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the vector files of the conformance suite (docs/conformance.md, "Vector files"): what a tile of a given shape
must do, worked out by nt_tile.py. Nothing of the C or Verilog code takes part."""
import argparse
import hashlib
import os
import re

from nt_script import Case, Random
from nt_spec import Spec

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
ORDER = ["CORES", "WORD_BITS", "POOL_WORDS", "LINES", "ACC_BITS", "PROG_WORDS", "TABLE_WORDS", "GROUPS"]
SHAPES = ["default", "small"]  # those whose files are kept

AXONS, DESTS, STATE, LISTS = 0, 128, 256, 1600  # pool words
ALU = ["MOV", "ADD", "SUB", "NEG", "MIN", "MAX", "AND", "OR", "XOR", "SHF", "MULS", "CLZ", "SEL"]
BOUNDARY = [0, 1, -1, 2, -3, 31, 32, -31, -32, -33, 127, -128, 32767, -32768, 8388607, -8388608, 12345,
            2 ** 31 - 1, -2 ** 31]


class Maker:
    """What the topics share: the shape, and words of programs, groups, axons and destinations."""

    def __init__(self, spec, params, seed, cases):
        self.spec, self.params, self.lines = spec, params, []
        self.seed, self.cases = seed, cases
        self.lanes, self.line_lanes = params["WORD_BITS"] // 32, params["WORD_BITS"] // 2

    def case(self, name):
        return Case(self.spec, self.params, self.lines, name)

    def instr(self, op, b=None, const=None, **fields):
        if const is not None:
            fields.update(BCONST=1, RB=const % 16, CONST_HI=const // 16)
        elif b is not None:
            fields["RB"] = b
        code = self.spec.code["OP"][op] if isinstance(op, str) else op
        return self.spec.record["INSTR"].put(OP=code, **fields)

    def group(self, case, core, number, neurons, program, state_words=1, line=0, entry=0, always=1, state=STATE,
              clear=0, const_base=0, ports=()):
        record = self.spec.record
        words = [record["GROUP0"].put(ENABLE=1, ALWAYS=always, LINE=line, LINES=-(-neurons // self.line_lanes)),
                 record["GROUP1"].put(NEURONS=neurons),
                 record["GROUP2"].put(ENTRY=entry, CONST_BASE=const_base),
                 record["GROUP3"].put(STATE_BASE=state, STATE_WORDS=state_words, CLEAR_WORDS=clear)]
        for ptr, count in ports:
            words.append(record["GROUP_PORT"].put(PTR=ptr, COUNT=count))
        words += [0] * (self.spec.const["GROUP_WORDS"] - len(words))
        case.write(core, "PROG", entry, program)
        case.write(core, "GROUP", number * self.spec.const["GROUP_WORDS"], words)

    def dense(self, dendrite, dendrites, line, lines, digits, exp, ptr):
        return self.axon("DENSE", DENDRITE=dendrite, DENDRITES=dendrites - 1, LINE=line, LINES=lines - 1,
                         DIGITS=digits - 1, EXP=exp, PTR=ptr)

    def axon(self, kind, **fields):
        return self.spec.record["AXON"].put(FORMAT=self.spec.code["FORMAT"][kind], **fields)

    def axons(self, case, core, entries):
        case.dwords(core, AXONS, entries)
        case.creg(core, AXON_BASE=AXONS, AXON_COUNT=len(entries))

    def dest(self, tile, cores, axon, kind, vector=0):
        return self.spec.record["DEST"].put(TILE=tile, CORES=cores, AXON=axon, VECTOR=vector,
                                            TYPE=self.spec.code["SPIKE_TYPE"][kind])

    def beats(self, neurons):
        return -(-neurons // self.lanes)

    def state_lanes(self, rows, neurons, words):
        """rows[k][n] laid out as the state of beats."""
        lanes = []
        for beat in range(self.beats(neurons)):
            for k in range(words):
                for n in range(beat * self.lanes, (beat + 1) * self.lanes):
                    lanes.append(rows[k][n] if k < len(rows) and n < neurons else 0xDEADBEEF)
        return lanes


# ---- topics -----------------------------------------------------------------------------------------------------------


def arithmetic(m):
    """Computing instructions: random fields; operands at boundaries and at random."""
    random = Random(1)
    neurons, results = 64, 6
    for op in ALU:
        case = m.case(op.lower())
        program = [m.instr("LD", RD=1, K=0), m.instr("LD", RD=2, K=1), m.instr("CLT", RA=1, b=2)]
        for k in range(results):
            sat = 0 if k == 0 else random.below(32)
            fields = {"SHIFT": random.choose([0, 1, 31, 62, 63, random.below(64)])} if op == "MULS" else {}
            program += [m.instr(op, RD=3, RA=1, b=2, SAT=sat, **fields), m.instr("ST", RA=3, K=2 + k)]
        m.group(case, 0, 0, neurons, program + [0], state_words=2 + results)
        operands = [[random.choose(BOUNDARY) if n % 2 else random.value(32) for n in range(neurons)] for _ in "ab"]
        case.pool(0, STATE, m.state_lanes(operands, neurons, 2 + results))
        case.step(0)
        case.state(0, STATE, m.beats(neurons) * (2 + results))
        case.end()
    case = m.case("compare")
    program = [m.instr("LD", RD=1, K=0), m.instr("LD", RD=2, K=1), m.instr("MOV", RD=4, const=0)]
    for k, op in enumerate(("CLT", "CGE", "CEQ")):
        program += [m.instr(op, RA=1, b=2), m.instr("SEL", RD=3, RA=4, b=0), m.instr("ST", RA=3, K=2 + k)]
    m.group(case, 0, 0, neurons, program + [0], state_words=5)
    case.write(0, "TABLE", 0, [1])
    operands = [[random.choose(BOUNDARY[:6] + BOUNDARY[-2:]) for _ in range(neurons)] for _ in "ab"]
    case.pool(0, STATE, m.state_lanes(operands, neurons, 5))
    case.step(0)
    case.state(0, STATE, m.beats(neurons) * 5)
    case.end()


def tables(m):
    """LUT, LERP and operands from the constant table, at every K."""
    random = Random(2)
    neurons, size = 48, m.params["TABLE_WORDS"]
    table = [random.value(32) for _ in range(size)]
    table[3], table[4] = 0x7FFF7FFF, 0x80008000
    kinds = {"lut": [(k, 0) for k in (0, 1, 3, 5, 6, 9, 12, 15)],
             "lerp": [(1, 0), (1, 31), (2, 30), (3, 5), (4, 13), (5, 11), (6, 1), (7, 23), (9, 23)]}
    for op, fields in kinds.items():
        case = m.case(op)
        program = [m.instr("LD", RD=1, K=0)]
        for k, (bits, fraction) in enumerate(fields):
            more = {"FRAC": fraction} if op == "lerp" else {}
            program += [m.instr(op.upper(), RD=2, RA=1, RB=bits, TBASE=random.below(512), **more),
                        m.instr("ST", RA=2, K=1 + k)]
        words = 1 + len(fields)
        m.group(case, 0, 0, neurons, program + [0], state_words=words)
        case.write(0, "TABLE", 0, table)
        operands = [random.choose([1, -1]) * (1 << random.below(31)) + random.below(3) - 1 if n % 3 else
                    random.value(32) for n in range(neurons)]
        case.pool(0, STATE, m.state_lanes([operands], neurons, words))
        case.step(0)
        case.state(0, STATE, m.beats(neurons) * words)
        case.end()
    case = m.case("constants")
    program = []
    for k in range(16):
        program += [m.instr("MOV", RD=1, const=k * 4 + 3), m.instr("ST", RA=1, K=k)]
    m.group(case, 0, 0, 1, program + [0], state_words=16, const_base=size - 20)
    case.write(0, "TABLE", 0, table)
    case.step(0)
    case.state(0, STATE, 16)
    case.end()


def control(m):
    """Skips, jumps, loops, state words, special values, and what ends a strip."""
    random = Random(3)
    for number in range(6):
        case = m.case("skip_%d" % number)
        program = [m.instr("SPC", RD=1, WHICH=1), m.instr("AND", RD=2, RA=1, const=0), m.instr("CEQ", RA=2, b=0)]
        for k in range(20):
            if random.chance(30):
                program.append(m.instr("SKP", SKIP=random.below(5), INVERT=random.below(2)))
            elif random.chance(20):
                program.append(m.instr("CLT", RA=1, const=1 + k % 8))
            else:
                program.append(m.instr("OR", RD=3, RA=3, const=2 + k % 16))
        program += [m.instr("MOV", RD=9, b=0)] * 15 + [m.instr("ST", RA=3, K=0), 0]
        neurons = m.line_lanes // 4 + 3
        m.group(case, 0, 0, neurons, program)
        case.write(0, "TABLE", 0, [1] + list(range(1, 9)) + [1 << k for k in range(16)])
        case.step(0)
        case.state(0, STATE, m.beats(neurons))
        case.end()
    case = m.case("loops")
    neurons = m.line_lanes + 5
    program = [m.instr("LD", RD=1, K=0), m.instr("CLT", RA=1, const=0), m.instr("SKP", SKIP=2),
               m.instr("ADD", RD=2, RA=2, const=0), m.instr("SUB", RD=1, RA=1, const=0), m.instr("CGE", RA=1, const=0),
               m.instr("JMP", RA=3, TARGET=1), m.instr("ST", RA=2, K=1), 0]
    m.group(case, 0, 0, neurons, program, state_words=2)
    case.write(0, "TABLE", 0, [1])
    case.pool(0, STATE, m.state_lanes([[n * 7 % 13 for n in range(neurons)]], neurons, 2))
    case.step(0)
    case.state(0, STATE, m.beats(neurons) * 2)
    case.end()
    case = m.case("jump_on_activity")
    program = [m.instr("JMP", RA=1, RB=5, TARGET=3), m.instr("MOV", RD=1, const=0), m.instr("ST", RA=1, K=0),
               m.instr("JMP", RA=2, RB=8, TARGET=6), m.instr("MOV", RD=1, const=1), m.instr("ST", RA=1, K=1),
               m.instr("SPC", RD=2, WHICH=2), m.instr("ST", RA=2, K=2), 0]
    m.group(case, 0, 0, 1, program, state_words=3)
    case.write(0, "TABLE", 0, [11, 22])
    m.axons(case, 0, [m.axon("SINGLE", DENDRITE=d, WEIGHT=1) for d in range(4)])
    for t, dendrites in enumerate([[], [0], [1], [2, 3], [3], [0, 1, 2, 3]]):
        case.pool(0, STATE, m.state_lanes([], 1, 3))
        for d in dendrites:
            case.spike(d, 5)
        case.step(t)
        case.state(0, STATE, 3)
    case.end()
    case = m.case("special_values")
    program = []
    for which in range(8):
        program += [m.instr("SPC", RD=1, WHICH=which), m.instr("ST", RA=1, K=which)]
    m.group(case, 0, 0, 9, program + [0], state_words=8)
    for t in (0, 1, 0x80000000, 0xFFFFFFFF):
        case.step(t)
        case.state(0, STATE, m.beats(9) * 8)
        case.show("TIMESTEP")
    case.end()
    case = m.case("runaway")
    program = [m.instr("SPC", RD=1, WHICH=1), m.instr("ST", RA=1, K=0), m.instr("CLT", RA=1, const=0),
               m.instr("JMP", RA=3, TARGET=3), m.instr("ST", RA=1, K=1), 0]
    strip = m.line_lanes // 4
    m.group(case, 0, 0, strip + 1, program, state_words=2)
    case.write(0, "TABLE", 0, [strip])
    case.step(0)
    case.state(0, STATE, m.beats(strip + 1) * 2)
    case.end()
    case = m.case("undefined")
    bad = [m.instr(27), m.instr(63), m.instr("JMP", RA=5, TARGET=4), m.instr("LERP", RD=1, RB=0, FRAC=3),
           m.instr("LERP", RD=1, RB=10, FRAC=3), m.instr("LERP", RD=1, RB=9, FRAC=24)]
    program = [m.instr("SPC", RD=1, WHICH=0), m.instr("ST", RA=1, K=0), 0, m.instr("ST", RA=1, K=1), 0]
    m.group(case, 0, 0, 1, program, state_words=2)
    for t, word in enumerate(bad):
        case.write(0, "PROG", 2, [word])
        case.step(t + 1)
        case.state(0, STATE, 2)
        case.core_registers()
    last = m.params["PROG_WORDS"] - 1
    case.write(0, "PROG", 2, [m.instr("JMP", RA=0, TARGET=last)])
    case.write(0, "PROG", last, [m.instr("ST", RA=1, K=1)])
    case.step(100)
    case.state(0, STATE, 2)
    case.end()
    case = m.case("state_words")
    program = []
    for k in range(12):
        program += [m.instr("LD", RD=1 + k, K=k), m.instr("ST", RA=1 + k, K=254 - k)]
    base, neurons = m.params["POOL_WORDS"] - 7, m.lanes + 1
    m.group(case, 0, 0, neurons, program + [0], state_words=255, state=base)
    for beat in range(2):
        case.pool(0, base + 255 * beat, [random.value(32) for _ in range(12 * m.lanes)])
    case.step(0)
    for beat in range(2):
        case.state(0, base + 255 * beat, 12)
        case.state(0, base + 255 * beat + 243, 12)
    case.end()


def see_everything(m, case, core=0):
    """A group on all lines whose program stores what RDC and SPC give."""
    program = []
    for d in range(4):
        program += [m.instr("RDC", RD=1, WHICH=d), m.instr("ST", RA=1, K=d)]
    program += [m.instr("SPC", RD=1, WHICH=2), m.instr("ST", RA=1, K=4), 0]
    neurons = m.params["LINES"] * m.line_lanes
    m.group(case, core, 0, neurons, program, state_words=5, always=0)


def lists(m):
    """Every list format: digits, exponents, blocks that wrap, lists that wrap, touches, sums that wrap."""
    random = Random(4)
    lines, lanes = m.params["LINES"], m.lanes

    def settle(case, spikes):
        for axon, payload in spikes:
            case.spike(axon, payload)
        case.coming(0)
        case.step(0)
        case.state(0, STATE, 16 * 5)  # the first line, as programs see it
        case.end()

    for digits in (1, 2, 3, 4):
        case = m.case("dense_%d_digits" % digits)
        see_everything(m, case)
        case.pool(0, LISTS, [random.next() % 2 ** 32 for _ in range(2 * digits * lanes)])
        m.axons(case, 0, [m.dense(digits - 1, 1, 0, 2, digits, exp, LISTS) for exp in (0, 5)])
        settle(case, [(0, 77), (1, -100), (0, -1)])
    case = m.case("dense_block_wraps")
    see_everything(m, case)
    pool = m.params["POOL_WORDS"]
    case.pool(0, pool - 3, [random.next() % 2 ** 32 for _ in range(8 * lanes)])
    m.axons(case, 0, [0] * 10 + [m.dense(3, 2, lines - 1, 2, 2, 1, pool - 3)])
    case.note("the list goes on over the axon table, which is a list like any other")
    settle(case, [(10, 9)])
    per_word = 3 * lanes // 2
    for count in sorted({1, 3, per_word, per_word + 1, 2 * per_word + 2}):
        case = m.case("sparse_%d_synapses" % count)
        see_everything(m, case)
        synapse = m.spec.record["SPARSE"]
        dwords = []
        for first in range(0, count, 3):
            dwords.append(sum(synapse.put(INDEX=5 if n % 3 == 2 else random.below(4096), WEIGHT=random.value(8))
                              << 20 * (n % 3) for n in range(first, min(first + 3, count))))
        case.dwords(0, LISTS, dwords)
        m.axons(case, 0, [m.axon("SPARSE", DENDRITE=2, LINE=1, EXP=3, COUNT=count, PTR=LISTS),
                          m.axon("SPARSE", DENDRITE=2, LINE=1, COUNT=0, PTR=LISTS)])
        settle(case, [(0, -50), (1, 3), (0, 8388607 >> 8)])
    case = m.case("uniform")
    see_everything(m, case)
    m.axons(case, 0, [m.axon("UNIFORM", DENDRITE=1, DENDRITES=3, LINE=lines - 1, LINES=1, EXP=5, WEIGHT=-77),
                      m.axon("UNIFORM", DENDRITE=3, LINE=63, WEIGHT=127), m.axon("UNIFORM", DENDRITE=0, LINE=0)])
    settle(case, [(0, 31), (1, 100), (2, 1), (0, 0)])
    case = m.case("single")
    see_everything(m, case)
    m.axons(case, 0, [m.axon("SINGLE", DENDRITE=k % 4, NEURON=random.below(8192), EXP=k, WEIGHT=random.value(8))
                      for k in range(16)])
    settle(case, [(k, random.value(12)) for k in range(16)] + [(3, 1)] * 5)
    case = m.case("sums_wrap")
    see_everything(m, case)
    case.pool(0, LISTS, [random.next() % 2 ** 32 for _ in range(4 * lanes)])
    m.axons(case, 0, [m.dense(0, 1, 0, 1, 4, 15, LISTS),
                      m.axon("UNIFORM", DENDRITE=1, LINE=0, EXP=15, WEIGHT=-128)])
    settle(case, [(0, 8388607), (1, -8388608), (0, -8388608), (1, 4194303)])
    case = m.case("overflow_flag")
    see_everything(m, case)
    exp = m.params["ACC_BITS"] - 1 - 14 - 7
    m.axons(case, 0, [m.axon("SINGLE", NEURON=1, EXP=exp, WEIGHT=64)])
    case.note("2^(ACC_BITS-1) minus one unit: not set; one more: set")
    case.spike(0, 1 << 14)
    case.spike(0, (1 << 14) - 1)
    case.core_registers()
    settle(case, [(0, 1)])
    case = m.case("bad_axons")
    see_everything(m, case)
    good = m.axon("SINGLE", WEIGHT=1)
    m.axons(case, 0, [good & ~7 | kind for kind in (4, 0, 5, 6, 7)] + [good])
    case.creg(0, AXON_COUNT=5)
    settle(case, [(k, 3) for k in (0, 1, 2, 3, 4, 5, 65535)])


def messages(m):
    """Message types, destinations, ports, multicast, misroutes, probes, one hop per timestep."""
    random = Random(5)
    host = m.spec.const["HOST_TILE"]
    payloads = [1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 8388607, 8388608, -8388608,
                -8388609, 2 ** 31 - 1, -2 ** 31, 0]
    send = [m.instr("LD", RD=1, K=0), m.instr("SPK", RA=1, WHICH=0), 0]
    for kind in ("BINARY", "GRADED8", "GRADED16", "GRADED24"):
        case = m.case("type_" + kind.lower())
        m.group(case, 0, 0, len(payloads), send, ports=[(DESTS, 2)])
        case.pool(0, STATE, m.state_lanes([payloads], len(payloads), 1))
        case.dwords(0, DESTS, [m.dest(host, 3, 4321, kind), m.dest(9, 0x81, 65530, kind, vector=1)])
        case.step(0)
        case.end()
    case = m.case("ports")
    lists_of_ports = [(DESTS + 18 * q, 3 * q) for q in range(7)] + [(m.params["POOL_WORDS"] - 1, m.lanes // 2 + 2)]
    m.group(case, 0, 0, 2, [m.instr("LD", RD=1, K=0)] + [m.instr("SPK", RA=1, WHICH=q) for q in range(8)] + [0],
            ports=lists_of_ports)
    case.pool(0, STATE, m.state_lanes([[-7, 1000]], 2, 1))
    for q, (ptr, count) in enumerate(lists_of_ports):
        case.dwords(0, ptr, [m.dest(9 + q, q, 1000 * q + k, "GRADED16", vector=k % 2) for k in range(count)])
    case.step(0)
    case.end()
    case = m.case("multicast")
    cores = m.params["CORES"]
    case.register("TILE_ID", 1234)
    m.group(case, 0, 0, 3, send, ports=[(DESTS, 3)])
    case.pool(0, STATE, m.state_lanes([[40, -3, 0]], 3, 1))
    case.dwords(0, DESTS, [m.dest(1234, 0xFF, 0, "GRADED16"), m.dest(1234, 1 << cores - 1, 0, "GRADED8", vector=1),
                           m.dest(1234, 0xFF & ~((1 << cores) - 1), 1, "GRADED8")])
    for core in range(cores):
        m.axons(case, core, [m.axon("SINGLE", NEURON=a, EXP=core, WEIGHT=3 - a) for a in range(3)])
    for t in range(3):
        case.step(t)
        for core in range(cores):
            case.coming(core)
        case.core_registers()
        case.show("ERROR")
        case.register("ERROR", 7)
    case.end()
    case = m.case("misroute")
    m.axons(case, 0, [m.axon("SINGLE", WEIGHT=1)])
    missing = 0xFF & ~((1 << cores) - 1)
    for tile, mask in ((1, 1), (host, 1), (0, 0), (0, missing), (0, missing | 1)):
        case.spike(0, 5, cores=mask, tile=tile)
        case.show("ERROR")
        case.register("ERROR", 7)
    case.coming(0)
    case.end()
    case = m.case("probes")
    neurons = m.line_lanes // 4 + 2
    number, core = m.params["GROUPS"] - 1, cores - 1
    m.group(case, core, number, neurons, [m.instr("LD", RD=1, K=0), m.instr("PRB", RA=1), 0])
    case.pool(core, STATE, m.state_lanes([[random.value(32) for _ in range(neurons)]], neurons, 1))
    for t in range(3):
        case.creg(core, PROBE_ENABLE=t % 2)
        case.step(t)
        case.probes()
    case.end()
    case = m.case("one_hop_per_timestep")
    hop = [m.instr("RDC", RD=1, WHICH=0), m.instr("SPK", RA=1, WHICH=0), m.instr("ST", RA=1, K=0),
           m.instr("SPC", RD=2, WHICH=0), m.instr("ST", RA=2, K=1), 0]
    for core in range(cores):
        m.group(case, core, 0, 1, hop, state_words=2, always=0, ports=[(DESTS, 1)])
        case.dwords(core, DESTS, [m.dest(0, 1 << (core + 1) % cores, 0, "GRADED24")])
        m.axons(case, core, [m.axon("SINGLE", EXP=1, WEIGHT=1)])
    case.spike(0, 1)
    for t in range(8):
        case.step(t)
        case.show("STATUS")
        case.state(t % cores, STATE, 2)
        case.core_registers()
    case.end()


def host(m):
    """Memories, registers, refusals, bulk state reset, reset."""
    random = Random(6)
    spec, params = m.spec, m.params
    space = spec.code["SPACE"]
    words = {"POOL": params["POOL_WORDS"] * m.lanes, "PROG": params["PROG_WORDS"], "TABLE": params["TABLE_WORDS"],
             "GROUP": params["GROUPS"] * spec.const["GROUP_WORDS"]}
    case = m.case("memories")
    places = []
    for core in range(params["CORES"]):
        for name, size in words.items():
            if name == "GROUP":
                continue
            for addr in (0, size - 16) + tuple(random.below(size - 16) for _ in range(3)):
                places.append((core, name, addr))
                case.write(core, name, addr, [random.next() % 2 ** 32 for _ in range(16)])
    for core, name, addr in places:
        case.read(core, name, addr, 16)
    case.end()
    case = m.case("refusals")
    sizes = [words["POOL"], words["PROG"], words["TABLE"], words["GROUP"],
             4 * params["LINES"] * m.line_lanes, params["LINES"]]
    for number, size in enumerate(sizes):
        if size < 1 << spec.record["HOST"].width("ADDR"):
            case.refused(0, number, size)
            case.show("ERROR")
            case.register("ERROR", 7)
        if params["CORES"] < 8:
            case.refused(params["CORES"], number, 0)
    for addr in range(4, 8):
        case.refused(0, space["CREG"], addr)
    case.refused(0, 7, 0)
    case.end()
    case = m.case("counters")
    m.group(case, 0, 0, m.line_lanes + 1, [m.instr("MOV", RD=1, const=0), m.instr("SPK", RA=1, WHICH=0), 0],
            ports=[(DESTS, 1)])
    case.write(0, "TABLE", 0, [7])
    case.dwords(0, DESTS, [m.dest(5, 1, 0, "GRADED8")])
    m.axons(case, 0, [m.dense(0, 1, 0, 2, 3, 0, LISTS)])
    case.write(0, "CREG", spec.creg["COUNTERS"],
               [0xFFFFFFFF, 1, 0xFFFFFFF0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x12345678, 9, 0xFFFFFFFE, 0, 5, 6])
    case.core_registers()
    for t in range(2):
        case.spike(0, 3)
        case.step(t)
        case.core_registers()
    case.end()
    case = m.case("clear_state")
    neurons = 5 * m.lanes - 1
    m.group(case, 0, 1, neurons, [0], state_words=3, clear=2, state=params["POOL_WORDS"] - 7)
    case.pool(0, params["POOL_WORDS"] - 8, [1000 + k for k in range(18 * m.lanes)])
    m.axons(case, params["CORES"] - 1, [m.axon("UNIFORM", DENDRITES=3, WEIGHT=3)])
    case.spike(0, 50, cores=1 << params["CORES"] - 1)
    case.show("STATUS")
    case.register("CTRL", spec.record["CTRL"].put(CLEAR_STATE=1))
    case.state(0, params["POOL_WORDS"] - 8, 8)
    case.state(0, 3, 7)
    case.end()
    case = m.case("reset")
    case.register("TILE_ID", 77)
    m.group(case, 0, 0, 3, [m.instr("LD", RD=1, K=0), m.instr("ADD", RD=1, RA=1, const=0), m.instr("ST", RA=1, K=0),
                            m.instr("SPK", RA=1, WHICH=0), 0], ports=[(DESTS, 1)])
    case.write(0, "TABLE", 0, [5])
    case.dwords(0, DESTS, [m.dest(m.spec.const["HOST_TILE"], 0, 9, "GRADED16", vector=1)])
    m.axons(case, 0, [m.axon("UNIFORM", DENDRITES=3, WEIGHT=3)])
    for t in range(2):
        case.spike(0, 1, tile=77)
        case.spike(9, 1, tile=77)
        case.spike(0, 1, tile=5)
        case.step(t + 30)
    case.spike(0, 1, tile=77)
    case.out()
    case.core_registers()
    case.show("ERROR")
    case.reset()
    for name in ("TILE_ID", "TIMESTEP", "STEPS", "ERROR", "STATUS"):
        case.show(name)
    case.core_registers()
    case.read(0, "CREG", spec.creg["AXON_BASE"], 2)
    case.read(0, "CREG", spec.creg["PROBE_ENABLE"])
    case.step(0)
    case.state(0, STATE, 1)
    case.end()


def random_program(m, random, length, state_words, entry):
    """Instructions of all kinds with forward jumps; spikes are narrowed so that accumulators stay in range."""
    program = []

    def b_fields():
        return {"const": random.below(64)} if random.chance(40) else {"b": random.below(16)}

    for _ in range(length):
        rd, ra = 1 + random.below(15), random.below(16)
        kind = random.below(20)
        if kind < 3:
            word = m.instr("LD", RD=rd, K=random.below(state_words))
        elif kind < 5:
            word = m.instr("ST", RA=ra, K=random.below(state_words))
        elif kind < 7:
            word = m.instr("RDC", RD=rd, WHICH=random.below(8))
        elif kind < 8:
            word = m.instr("SPC", RD=rd, WHICH=random.below(4))
        elif kind < 9:
            word = m.instr(random.choose(["CLT", "CGE", "CEQ"]), RA=ra, **b_fields())
        elif kind < 10:
            word = m.instr("SKP", SKIP=random.below(6), INVERT=random.below(2))
        elif kind < 11:
            word = m.instr("JMP", RA=random.below(5), RB=random.below(16), TARGET=entry + len(program) + 1 + random.below(4))
        elif kind < 12:
            word = m.instr("LUT", RD=rd, RA=ra, RB=random.below(16), TBASE=random.below(512))
        elif kind < 13:
            bits = 1 + random.below(9)
            word = m.instr("LERP", RD=rd, RA=ra, RB=bits, FRAC=random.below(min(32, 33 - bits)), TBASE=random.below(512))
        elif kind < 14:
            program.append(m.instr("MOV", RD=rd, b=ra, SAT=8))
            word = m.instr("SPK", RA=rd, WHICH=random.below(3))
        elif kind < 15:
            word = m.instr("PRB", RA=ra)
        else:
            word = m.instr(random.choose(ALU), RD=rd, RA=ra, SAT=random.choose([0, 0, random.below(32)]),
                           SHIFT=0, **b_fields())
            if m.spec.record["INSTR"].get(word, "OP") == m.spec.code["OP"]["MULS"]:
                word |= random.below(64)
        program.append(word)
    return program + [m.instr("MOV", RD=9, b=0)] * 4 + [0]


def programs(m):
    """Random programs of one group, with input on all dendrites, over two timesteps."""
    words, pieces = 4, 2 * m.lanes + 1
    for seed in range(m.seed, m.seed + 4 * m.cases):
        random = Random(seed)
        case = m.case("seed_%d" % seed)
        case.write(0, "TABLE", 0, [random.value(32 if random.chance(70) else 8) for _ in range(64)])
        ports = [(DESTS + 16 * q, 1) for q in range(3)]
        for q, (ptr, _) in enumerate(ports):
            kind = random.choose(["BINARY", "GRADED8", "GRADED16", "GRADED24"])
            case.dwords(0, ptr, [m.dest(m.spec.const["HOST_TILE"], q, random.below(65536), kind, vector=q % 2)])
        neurons = random.choose([1, pieces, m.line_lanes // 2 + 3])
        m.group(case, 0, random.below(m.params["GROUPS"]), neurons, random_program(m, random, 40, words, 0),
                state_words=words, const_base=random.below(64), ports=ports)
        case.pool(0, STATE, m.state_lanes([[random.value(32) for _ in range(neurons)] for _ in range(words)], neurons,
                                          words))
        m.axons(case, 0, [m.axon("SINGLE", DENDRITE=a % 4, NEURON=random.below(neurons), EXP=random.below(4),
                                 WEIGHT=random.value(8)) for a in range(6)])
        case.creg(0, PROBE_ENABLE=1)
        for t in range(2):
            for _ in range(8):
                case.spike(random.below(6), random.value(14))
            case.step(random.next() % 2 ** 32)
        case.state(0, STATE, m.beats(neurons) * words)
        case.end()


def networks(m):
    """Random programs in every core, wired to each other, to the host and to another tile, over some timesteps."""
    lines, cores = m.params["LINES"], m.params["CORES"]
    for seed in range(m.seed, m.seed + m.cases):
        random = Random(1000000 + seed)
        case = m.case("seed_%d" % seed)
        words, half = 4, lines // 2
        states = []
        for core in range(cores):
            case.write(core, "TABLE", 0, [random.value(32 if random.chance(50) else 8) for _ in range(64)])
            entry = 0
            for number in range(2):
                neurons = random.choose([1, m.lanes + 1, m.line_lanes // 2 + 3, m.line_lanes])
                program = random_program(m, random, 24, words, entry)
                base = STATE + number * 16 * words
                ports = [(DESTS + 4 * number + 16 * q, 1 + random.below(2)) for q in range(3)]
                for ptr, count in ports:
                    case.dwords(core, ptr, [
                        m.dest(random.choose([0, 0, 0, m.spec.const["HOST_TILE"], 3]), 1 + random.below((1 << cores) - 1),
                               random.below(8), random.choose(["BINARY", "GRADED8", "GRADED16", "GRADED24"]),
                               vector=random.below(2)) for _ in range(count)])
                m.group(case, core, 3 * number, neurons, program, state_words=words, line=number * half, entry=entry,
                        always=random.below(2), state=base, clear=1, const_base=random.below(64), ports=ports)
                case.pool(core, base, m.state_lanes([[random.value(32) for _ in range(neurons)]
                                                     for _ in range(words)], neurons, words))
                states.append((core, base, m.beats(neurons) * words))
                entry += len(program)
            case.pool(core, LISTS, [random.next() % 2 ** 32 for _ in range(4 * m.lanes)])
            synapse = m.spec.record["SPARSE"]
            case.dwords(core, LISTS + 8, [sum(synapse.put(INDEX=random.below(4096), WEIGHT=random.value(8)) << 20 * k
                                              for k in range(3)) for _ in range(2)])
            m.axons(case, core, [
                m.dense(random.below(4), 1, random.below(lines), 1, 1 + random.below(4), random.below(2), LISTS),
                m.dense(random.below(4), 2, random.below(lines), 1, 1, 0, LISTS),
                m.axon("SPARSE", DENDRITE=random.below(4), LINE=random.below(lines), COUNT=1 + random.below(6),
                       PTR=LISTS + 8),
                m.axon("UNIFORM", DENDRITE=random.below(4), LINE=random.below(lines), LINES=1, WEIGHT=random.value(8)),
                m.axon("UNIFORM", LINE=random.below(lines)),
                m.axon("SINGLE", DENDRITE=random.below(4), NEURON=random.below(m.line_lanes), WEIGHT=random.value(8)),
                m.axon("SINGLE", DENDRITE=random.below(4), NEURON=random.below(lines * m.line_lanes), EXP=2, WEIGHT=9)])
            case.creg(core, PROBE_ENABLE=random.below(2))
        for t in range(4):
            for _ in range(6):
                case.spike(random.below(7), random.value(10), cores=1 + random.below((1 << cores) - 1))
            case.step(t)
            for core, base, count in states:
                if t % 2:
                    case.state(core, base, count)
            case.out()
            case.probes()
            case.core_registers()
            if t == 2:
                case.register("CTRL", m.spec.record["CTRL"].put(CLEAR_STATE=1))
        for core in range(cores):
            case.coming(core)
        case.end()


TOPICS = [("arithmetic", arithmetic, "arithmetic.md"), ("tables", tables, "arithmetic.md"), ("control", control, "isa.md"),
          ("lists", lists, "memory.md"), ("messages", messages, "memory.md"), ("host", host, "registers.md"),
          ("programs", programs, "isa.md"), ("networks", networks, "timestep.md")]
RANDOM = ["programs", "networks"]  # the topics that --seed and --cases are for


# ---- files ------------------------------------------------------------------------------------------------------------


def found_in(path, pattern):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return re.search(pattern, file.read()).group(1)


def shape_params(spec, shape):
    if shape == "default":
        return {name: spec.params[name] for name in ORDER}
    numbers = found_in("testbench/rtl/shapes.txt", r"(?m)^%s ([0-9 ]+)$" % re.escape(shape)).split()
    return dict(zip(ORDER, map(int, numbers)))


def write_shape(spec, shape, choice):
    folder, topics = choice.out, TOPICS if choice.seed is None else [t for t in TOPICS if t[0] in RANDOM]
    params = shape_params(spec, shape)
    os.makedirs(os.path.join(folder, shape), exist_ok=True)
    version = found_in("testbench/conformance/suite/nt_suite_version.h", r'NT_SUITE_VERSION "([^"]+)"')
    definitions = found_in("driver/include/nt_defs.h", r"NT_DEFS_HASH 0x([0-9a-f]+)u")
    names = []
    for topic, make, page in topics:
        maker = Maker(spec, params, choice.seed or 0, choice.cases)
        maker.lines += ["# SPDX-License-Identifier: Apache-2.0", "# Written by make_vectors.py; docs/conformance.md.",
                        "neurotile-vectors " + version, "definitions " + definitions, "page docs/spec/" + page,
                        "parameters " + " ".join("%x" % params[name] for name in ORDER)]
        make(maker)
        names.append("%s/%s.txt" % (shape, topic))
        with open(os.path.join(folder, names[-1]), "w", encoding="ascii") as file:
            file.write("\n".join(maker.lines) + "\n")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)), help="folder for the files")
    parser.add_argument("--shape", action="append", help="a shape of testbench/rtl/shapes.txt (default: those kept)")
    parser.add_argument("--seed", type=int, help="random topics only, from this seed on")
    parser.add_argument("--cases", type=int, default=6, help="random networks of a file (6)")
    choice = parser.parse_args()
    spec = Spec(os.path.join(ROOT, "docs/spec/tables.md"))
    names = []
    for shape in choice.shape or SHAPES:
        names += write_shape(spec, shape, choice)
    with open(os.path.join(choice.out, "SHA256SUMS"), "w", encoding="ascii") as sums:
        for name in sorted(names):
            with open(os.path.join(choice.out, name), "rb") as file:
                sums.write("%s  %s\n" % (hashlib.sha256(file.read()).hexdigest(), name))


if __name__ == "__main__":
    main()
