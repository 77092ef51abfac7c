# SPDX-License-Identifier: Apache-2.0
"""The sites that mutants.py finds: extents, precedence, what is left out, names that stay."""

import unittest

import mutants
import suite
import verilog

HEAD = "module nt_x #(\n  parameter integer Width = 4\n) (\n  input wire logic [Width-1:0] a_i\n);\n"


def of(body, head=HEAD):
    return mutants.find("nt_x.v", head + body + "\nendmodule\n")


def texts(body, *operators):
    """old -> new of the mutants, of some operators only."""
    return [f"{mutants.flat(m.old)} -> {mutants.flat(m.new)}" for m in of(body) if not operators or m.operator in operators]


class Sites(unittest.TestCase):
    def test_precedence(self):
        # Each pair of neighbours is exchanged within its own operands, whatever binds tighter beside it.
        self.assertEqual(sorted(texts("assign y = a + b * c - d;", "arithmetic")), sorted([
            "a + b * c - d -> (a + b * c) + (d)", "a + b * c -> (a) - (b * c)", "b * c -> (b) + (c)"]))
        self.assertEqual(sorted(texts("assign y = a | b & c ^ d;", "bitwise")), sorted([
            "a | b & c ^ d -> (a) & (b & c ^ d)", "b & c ^ d -> (b & c) | (d)", "b & c -> (b) | (c)"]))
        self.assertEqual(sorted(texts("assign y = a || b && c;", "logical")), sorted([
            "a || b && c -> (a) && (b && c)", "b && c -> (b) || (c)"]))
        self.assertIn("a << 2 + 1 -> (a) >> (2 + 1)", texts("assign y = a << 2 + 1;", "shift"))

    def test_less_or_equal_is_no_assignment(self):
        self.assertEqual(texts("always_ff @(posedge clk_i) q <= a <= b;", "relational", "statement"),
                         ["q <= a <= b; -> ", "a <= b -> (a) < (b)", "a <= b -> (a) > (b)"])

    def test_numbers(self):
        self.assertEqual(mutants.neighbours("1'b0"), ["1'h1"])
        self.assertEqual(mutants.neighbours("4'hF"), ["4'h0", "4'he"])
        self.assertEqual(mutants.neighbours("32'hFFFF_FFFE"), ["32'hfffffffd", "32'hffffffff"])
        self.assertEqual(mutants.neighbours("32'sd0"), ["32'sh1"])
        self.assertEqual(mutants.neighbours("'0"), ["'1"])
        self.assertEqual(mutants.neighbours("7"), ["8", "6"])

    def test_casts_calls_and_replications(self):
        # Widths of casts and counts of replications stay; what is inside counts.
        self.assertEqual(texts("assign y = (Width + 1)'(a + 3'(b)) ^ {4{c}};", "arithmetic", "constant"), ["a + 3'(b) -> (a) - (3'(b))"])
        self.assertEqual(texts("assign y = f(a, ~b);", "bitwise"), ["~b -> b"])
        self.assertEqual(texts("assign y = $signed(a) < $signed(b);", "sign"),
                         ["$signed(a) < $signed(b) -> {$signed(a)} < {$signed(b)}"])

    def test_selects(self):
        self.assertEqual(texts("assign y = a[i];", "select"), ["i -> (i) + 1"])
        self.assertEqual(texts("assign y = a[8*i +: 8];", "select"), ["8*i -> (8*i) + 1"])
        self.assertEqual(sorted(texts("assign y = m[r][5:2];", "select")), ["m[r][5:2] -> m[r][(5) - 1:(2) - 1]"])
        self.assertEqual(texts("assign y = a[Width-1:0];", "select"), ["a[Width-1:0] -> a[(Width-1) + 1:(0) + 1]"])
        self.assertEqual(texts("assign y = a[{i, 2'd0} +: 4];", "concatenation"), ["{i, 2'd0} -> {2'd0, i}"])
        self.assertEqual(texts("assign y = g_bank[3].data;"), [])

    def test_targets_labels_loops_and_parameters_stay(self):
        self.assertEqual(texts("localparam integer N = Width + 1;\nlogic [N-1:0] x;"), [])
        self.assertEqual(texts("assign y[i + 1] = a;"), [])
        self.assertEqual(texts("always_comb begin y = a; for (int i = 0; i < 3; i++) y[i] = b; end"), ["y[i] = b; -> "])
        self.assertEqual(texts("always_comb case (s) 2'd1: y = a; default: y = b; endcase"), [])
        self.assertEqual(texts("generate if (Width > 3) begin : g_x nt_parameter_out_of_range u_bad (); end endgenerate"), [])
        self.assertEqual(texts("assign unused_bits = ^{a, b};"), [])
        self.assertEqual(texts("assign y = (Width > 1) ? a : b;"), [])

    def test_only_what_is_synthesised(self):
        body = "`NT_ASSERT(name, !(a && b) || c)\n`ifdef NT_ASSERT_ON\nassign y = a + b;\n`endif\n" \
               "`ifndef SYNTHESIS\nassign z = a + b;\n`else\nassign v = a - b;\n`endif\n// assign w = a * b;"
        self.assertEqual(texts(body, "arithmetic", "logical"), ["a - b -> (a) + (b)"])

    def test_statements(self):
        # Dropped: every nonblocking assignment; of the others only those that follow one to the same name.
        self.assertEqual(texts("always_ff @(posedge clk_i) if (en) q <= a;", "statement"), ["q <= a; -> "])
        self.assertEqual(texts("always_comb begin y = '0; if (en) y = a; else z = a; end", "statement"), ["y = a; -> "])
        self.assertEqual(texts("always_comb if (en) y = a; else y = b;", "statement"), [])

    def test_conditions_and_reset(self):
        body = "always_ff @(posedge clk_i) begin if (!rst_ni) begin q <= 1'b0; end else if (en) begin q <= a; end end"
        self.assertEqual(sorted(texts(body, "reset")), sorted([
            "!rst_ni -> 1'b1", "!rst_ni -> 1'b0", "!rst_ni -> (rst_ni) != '0", "q <= 1'b0; -> ", "1'b0 -> 1'h1"]))
        self.assertEqual(texts(body, "condition"), ["en -> 1'b0", "en -> 1'b1"])

    def test_states(self):
        body = "typedef enum logic [1:0] {\n StA = 2'(X), // one\n StB,\n StC\n} state_e;\nstate_e s;\n"
        self.assertEqual(texts(body + "assign y = s == StC;", "constant"), ["StC -> StA"])
        self.assertEqual(texts(body + "always_ff @(posedge clk_i) s <= StA;", "constant"), ["s <= StA; -> s <= StB;"])

    def test_ports(self):
        # Inputs of an instance are expressions, outputs are targets.
        self.assertEqual(texts("nt_y #(.N(Width + 1)) u_y (.clk_i, .a_i(p & q), .b_o(x[i]));", "bitwise", "select", "arithmetic"),
                         ["p & q -> (p) | (q)"])

    def test_extent_in_the_file(self):
        text = HEAD + "assign y = a /* b + c */ &\n  ~d; // end\nendmodule\n"
        for mutant in mutants.find("nt_x.v", text):
            self.assertEqual(text[mutant.begin:mutant.end], mutant.old)

    def test_names_stay(self):
        before = {m.ident: str(m).split(" ", 2)[2] for m in of("assign x = a + b;\nassign y = c & d;")}
        after = {m.ident: str(m).split(" ", 2)[2] for m in of("assign z = ~q;\n\n\nassign x = a + b;\nassign y =  c & d;")}
        self.assertTrue(before.keys() < after.keys())
        # The same statement twice has mutants of its own.
        self.assertEqual(len({m.ident for m in of("assign x = a + b;\nassign x = a + b;")}), 2)

    def test_refused(self):
        for body in ("assign y = a ? b;", "assign y = a + ;", "`define X 1", "while (a) y = b;"):
            with self.assertRaisesRegex(verilog.Error, r"nt_x.v:\d+: "):
                of(body)


class Sample(unittest.TestCase):
    def test_sample(self):
        found = mutants.find_all(suite.ROOT / "rtl")
        self.assertGreater(len(found), 3000)
        self.assertEqual(len({m.ident for m in found}), len(found))
        self.assertEqual({m.operator for m in found}, set(mutants.OPERATORS))
        strata = {(m.file, m.operator) for m in found}
        some = mutants.sample(found, 400, 1)
        self.assertEqual(len(some), 400)
        self.assertEqual({(m.file, m.operator) for m in some}, strata)
        self.assertEqual(some, mutants.sample(list(reversed(found)), 400, 1)[::-1])
        self.assertNotEqual([m.ident for m in some], [m.ident for m in mutants.sample(found, 400, 2)])
        # A larger sample holds the smaller one.
        self.assertLess({m.ident for m in some}, {m.ident for m in mutants.sample(found, 500, 1)})
        self.assertEqual(mutants.sample(found, len(found), 1), found)


if __name__ == "__main__":
    unittest.main()
