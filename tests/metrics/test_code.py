"""Code by its test bench, under Icarus Verilog; what a stranger's module may not hold is never compiled."""

import shutil

import pytest

from evalkit.errors import MissingToolError
from evalkit.metrics import code as grader
from evalkit.metrics.code import code, fault_of, module_in
from tests.metrics.items import item, said

RIGHT = "module add(input [3:0] a, input [3:0] b, output [4:0] s);\n  assign s = a + b;\nendmodule"
BENCH = """module bench;
  reg [3:0] a, b; wire [4:0] s; integer i, wrong;
  add dut(.a(a), .b(b), .s(s));
  initial begin
    wrong = 0;
    for (i = 0; i < 256; i = i + 1) begin {a, b} = i[7:0]; #1 if (s !== a + b) wrong = wrong + 1; end
    if (wrong == 0) $display("PASS"); else $display("FAIL %0d", wrong);
    $finish;
  end
endmodule"""
ADD = item("code", RIGHT, task="code", bench=BENCH)
needs_iverilog = pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")


@needs_iverilog
@pytest.mark.parametrize(
    ("answer", "value", "said_"),
    [
        (f"Here it is:\n```verilog\n{RIGHT}\n```\nIt adds.", 1.0, "PASS"),
        (RIGHT, 1.0, "PASS"),
        (RIGHT.replace("a + b", "a - b"), 0.0, "FAIL"),
        (RIGHT.replace("assign", "asign"), 0.0, "does not compile"),
        (RIGHT.replace("add(", "sum("), 0.0, "does not compile"),
        ("module add(input [3:0] a, input [3:0] b, output reg [4:0] s); initial while (1) s = s; endmodule", 0.0, "exit code"),
    ],
)  # fmt: skip
def test_the_bench_decides(answer, value, said_, monkeypatch):
    monkeypatch.setattr(grader, "SECONDS", 1)
    mark = code(ADD, said(answer))
    assert (mark.value, mark.state) == (value, "answered")
    assert said_ in mark.parsed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('module add; initial $display("PASS"); endmodule', "$display"),
        ('module add; initial $fopen("x"); endmodule', "$fopen"),
        ("module add;\n`include \"/etc/passwd\"\nendmodule", "`include"),
        ("module bench; endmodule", "`bench`"),
        ("module add; " + " " * 20_001 + "endmodule", "longer than"),
    ],
)
def test_what_is_never_compiled(text, why, monkeypatch):
    monkeypatch.setattr(grader, "run_bench", lambda *_: pytest.fail("it was compiled"))
    assert why in fault_of(text)
    mark = code(ADD, said(text))
    assert (mark.value, mark.state) == (0.0, "answered")
    assert why in mark.rule


def test_words_in_comments_and_pure_functions_are_no_fault():
    assert fault_of('module add; // $display `include\nwire [3:0] w = $signed(4) + $clog2(8); /* $system */ endmodule') == ""


def test_modules_of_several_blocks_are_joined_and_prose_is_unparsable():
    assert module_in("```v\nmodule a; endmodule\n```\nand\n```v\nmodule b; endmodule\n```").value == "module a; endmodule\nmodule b; endmodule"
    assert code(ADD, said("I would use an adder.")).state == "unparsable"
    assert code(ADD, said("```verilog\nmodule add(input [3:0] a", finish="length")).state == "cut_off"


def test_without_the_compiler_scoring_stops_and_says_what_to_install(monkeypatch):
    monkeypatch.setattr(grader, "available", lambda: False)
    with pytest.raises(MissingToolError, match="apt-get install iverilog"):
        code(ADD, said(RIGHT))


def test_an_item_without_a_bench_is_our_failure():
    assert code(item("code", RIGHT, task="code"), said(RIGHT)).state == "errored"
