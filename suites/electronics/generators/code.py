"""Small Verilog-2001 modules to be written from an exact specification, each with a test bench that checks itself.

A specification's texts hold @NAME@ where a drawn value stands. A bench prints PASS, once, where the module did everything
that was asked of it, else FAIL and why; its model of the behaviour is written otherwise than the module that is given as right.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What is drawn, what is asked for in either language, a right module, and the body of its bench.

    `ports` is what both languages print. The bench's body declares what it needs and ends in `conclude;`.
    """

    draw: Callable[[random.Random], Params]
    name: str
    ports: str
    behaviour: Mapping[Language, str]
    module: str
    bench: str


_FRAME = """module bench;
  reg clk = 0;
  always #5 clk = ~clk;
  integer wrong = 0, turn, seed = 20250;
  initial begin
    #2000000 $display("FAIL: no end in sight");
    $finish;
  end
  task conclude;
    begin
      if (wrong == 0) $display("PASS");
      else $display("FAIL: %0d wrong", wrong);
      $finish;
    end
  endtask
@BODY@
endmodule
"""
_STEM: Mapping[Language, str] = {
    "zh": "用可综合的 Verilog-2001 编写模块 @NAME@。\n端口：\n@PORTS@\n功能：@TEXT@\n模块名、端口名和位宽须与上面完全一致；不要包含测试平台。",
    "en": "Write the module @NAME@ in synthesizable Verilog-2001.\nPorts:\n@PORTS@\nBehaviour: @TEXT@\nName of the module, names and widths of the ports must be exactly as above; no test bench.",
}


def filled(text: str, values: Params) -> str:
    """`text` with every @NAME@ replaced by its value."""
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def _modulo(rng: random.Random) -> Params:
    count = rng.choice([n for n in range(9, 61) if n & (n - 1)])  # not a power of two
    return {"N": count, "LAST": count - 1, "TOP": (count - 1).bit_length() - 1}


COUNTER = Spec(
    draw=_modulo,
    name="mod_counter",
    ports="- input clk\n- input rst\n- input en\n- output reg [@TOP@:0] q\n- output tc",
    behaviour={
        "zh": "模 @N@ 加法计数器。clk 上升沿：rst 为 1 时 q 清零（同步复位，优先于 en）；否则 en 为 1 时 q 加 1，q 为 @LAST@ 时回到 0；en 为 0 时 q 保持。tc 为组合输出：仅当 q 为 @LAST@ 且 en 为 1 时 tc = 1。",
        "en": "an up-counter modulo @N@. At the rising edge of clk: with rst = 1, q becomes 0 (synchronous reset, before en); else with en = 1, q goes up by 1, and from @LAST@ to 0; with en = 0, q holds. tc is combinational: 1 only while q is @LAST@ and en is 1.",
    },
    module="""module mod_counter(input clk, input rst, input en, output reg [@TOP@:0] q, output tc);
  assign tc = en && (q == @LAST@);
  always @(posedge clk)
    if (rst) q <= 0;
    else if (en) q <= (q == @LAST@) ? 0 : q + 1'b1;
endmodule""",
    bench="""  reg rst = 1, en = 0;
  wire [@TOP@:0] q;
  wire tc;
  integer model = 0;
  mod_counter dut(.clk(clk), .rst(rst), .en(en), .q(q), .tc(tc));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 900; turn = turn + 1) begin
      rst = (turn == 333) || (turn == 700);
      en = (turn > 640 && turn < 720) ? 1 : ($random(seed) & 3) != 0;
      #1 if (q !== model[@TOP@:0] || tc !== (en && model == @LAST@)) wrong = wrong + 1;
      if (rst) model = 0; else if (en) model = (model + 1) % @N@;
      @(negedge clk);
    end
    conclude;
  end""",
)


def _width(low: int, high: int) -> Callable[[random.Random], Params]:
    def draw(rng: random.Random) -> Params:
        width = rng.randint(low, high)
        return {"W": width, "TOP": width - 1}

    return draw


GRAY = Spec(
    draw=_width(4, 7),
    name="gray_counter",
    ports="- input clk\n- input rst\n- input en\n- output [@TOP@:0] gray",
    behaviour={
        "zh": "@W@ 位格雷码计数器。内部二进制计数值在 clk 上升沿变化：rst 为 1 时清零（同步，优先于 en）；否则 en 为 1 时加 1，到全 1 后回到 0。gray 为该计数值 b 的格雷码，即 b 异或（b 右移一位）。",
        "en": "a Gray-code counter of @W@ bits. An inner binary count changes at the rising edge of clk: with rst = 1 it becomes 0 (synchronous, before en); else with en = 1 it goes up by 1 and wraps from all ones to 0. gray is the Gray code of that count b: b XOR (b shifted right by one).",
    },
    module="""module gray_counter(input clk, input rst, input en, output [@TOP@:0] gray);
  reg [@TOP@:0] b;
  assign gray = b ^ (b >> 1);
  always @(posedge clk)
    if (rst) b <= 0;
    else if (en) b <= b + 1'b1;
endmodule""",
    bench="""  reg rst = 1, en = 0;
  wire [@TOP@:0] gray;
  reg [@TOP@:0] back;
  integer model = 0, place;
  gray_counter dut(.clk(clk), .rst(rst), .en(en), .gray(gray));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 900; turn = turn + 1) begin
      rst = (turn == 400);
      en = (turn == 400) || ($random(seed) & 3) != 0;
      #1 back[@TOP@] = gray[@TOP@];
      for (place = @TOP@ - 1; place >= 0; place = place - 1) back[place] = back[place + 1] ^ gray[place];
      if (back !== model[@TOP@:0]) wrong = wrong + 1;
      if (rst) model = 0; else if (en) model = (model + 1) % (1 << @W@);
      @(negedge clk);
    end
    conclude;
  end""",
)

EDGES: Mapping[str, tuple[str, str, str, str]] = {
    # what is detected > the expression, the model's test on {before, now}, and the words in zh and en
    "rise": ("d & ~last", "pair == 2'b01", "由 0 变为 1", "from 0 to 1"),
    "fall": ("~d & last", "pair == 2'b10", "由 1 变为 0", "from 1 to 0"),
    "both": ("d ^ last", "pair == 2'b01 || pair == 2'b10", "由 0 变为 1 或由 1 变为 0", "from 0 to 1 or from 1 to 0"),
}


def _edge(rng: random.Random) -> Params:
    kind = rng.choice(list(EDGES))
    logic, test, zh, en = EDGES[kind]
    return {"KIND": kind, "LOGIC": logic, "TEST": test, "ZH": zh, "EN": en}


EDGE = Spec(
    draw=_edge,
    name="edge_detector",
    ports="- input clk\n- input rst\n- input d\n- output reg pulse",
    behaviour={
        "zh": "边沿检测。d 已与 clk 同步。每个 clk 上升沿：rst 为 1 时 pulse 清零，并把“上一次的 d”记为 0；否则若本次采到的 d 相对上一个上升沿采到的 d @ZH@，pulse 置 1，其余情况置 0。不复位时，每个上升沿都把“上一次的 d”更新为本次采到的 d。",
        "en": "an edge detector. d is synchronous to clk. At each rising edge of clk: with rst = 1, pulse becomes 0 and the remembered d becomes 0; else pulse becomes 1 if d has gone @EN@ since the rising edge before, and 0 otherwise. Unless reset, every rising edge makes the d sampled there the remembered one.",
    },
    module="""module edge_detector(input clk, input rst, input d, output reg pulse);
  reg last;
  always @(posedge clk)
    if (rst) begin
      pulse <= 0;
      last <= 0;
    end else begin
      pulse <= @LOGIC@;
      last <= d;
    end
endmodule""",
    bench="""  reg rst = 1, d = 0, model = 0;
  reg [1:0] pair = 0;
  wire pulse;
  edge_detector dut(.clk(clk), .rst(rst), .d(d), .pulse(pulse));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 600; turn = turn + 1) begin
      rst = (turn % 97 == 50);
      d = (turn % 97 == 50) ? 1 : $random(seed);
      pair = {pair[0], d};
      model = !rst && (@TEST@);
      if (rst) pair = 0;
      @(negedge clk);
      if (pulse !== model) wrong = wrong + 1;
    end
    conclude;
  end""",
)


def _steady(rng: random.Random) -> Params:
    count = rng.randint(3, 9)
    return {"N": count, "LAST": count - 1}


DEBOUNCE = Spec(
    draw=_steady,
    name="debouncer",
    ports="- input clk\n- input rst\n- input d\n- output reg q",
    behaviour={
        "zh": "按键消抖。d 已与 clk 同步。clk 上升沿：rst 为 1 时 q 清零并重新计数；否则只有当 d 在连续 @N@ 个上升沿上都与 q 不同，才在其中第 @N@ 个上升沿把 q 变为 d 的值。任一上升沿上 d 与 q 相同，则重新计数。",
        "en": "a debouncer. d is synchronous to clk. At a rising edge of clk: with rst = 1, q becomes 0 and counting starts again; else q takes the value of d only when d has differed from q at @N@ rising edges in a row, and does so at the last of these. A rising edge at which d equals q starts the counting again.",
    },
    module="""module debouncer(input clk, input rst, input d, output reg q);
  reg [4:0] count;
  always @(posedge clk)
    if (rst) begin
      q <= 0;
      count <= 0;
    end else if (d == q) count <= 0;
    else if (count == @LAST@) begin
      q <= d;
      count <= 0;
    end else count <= count + 1'b1;
endmodule""",
    bench="""  reg rst = 1, d = 0, model = 0;
  reg [@LAST@:0] recent = 0;
  wire q;
  integer left = 0;
  debouncer dut(.clk(clk), .rst(rst), .d(d), .q(q));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 3000; turn = turn + 1) begin
      rst = (turn % 500 == 333);
      if (left == 0) begin
        d = ~d;
        left = 1 + ($random(seed) & 15) % (@N@ + 3);
      end
      left = left - 1;
      recent = {recent, d ^ model};
      if (rst) begin model = 0; recent = 0; end
      else if (&recent) begin model = d; recent = 0; end
      @(negedge clk);
      if (q !== model) wrong = wrong + 1;
    end
    conclude;
  end""",
)


def _depth(rng: random.Random) -> Params:
    depth = rng.randint(5, 15)
    return {"D": depth, "TOP": depth.bit_length() - 1, "NEAR": depth - rng.choice((1, 2))}


FIFO = Spec(
    draw=_depth,
    name="fifo_flags",
    ports="- input clk\n- input rst\n- input wr\n- input rd\n- output full\n- output empty\n- output almost_full\n- output reg [@TOP@:0] count",
    behaviour={
        "zh": "深度为 @D@ 的先进先出队列的计数与标志（不含存储体）。clk 上升沿：rst 为 1 时 count 清零；否则按上升沿前的标志，wr 在 full 为 0 时有效，rd 在 empty 为 0 时有效，无效的请求忽略；只有有效写加 1，只有有效读减 1，两者都有效则不变。full、empty、almost_full 为组合输出：count 等于 @D@、等于 0、不小于 @NEAR@ 时分别为 1。",
        "en": "count and flags of a queue of depth @D@, without its memory. At the rising edge of clk: with rst = 1, count becomes 0; else, by the flags before the edge, wr is valid while full is 0 and rd is valid while empty is 0; requests that are not valid are ignored. A valid write alone adds 1, a valid read alone takes 1 off, both together leave count as it is. full, empty and almost_full are combinational: 1 while count is @D@, is 0, is at least @NEAR@.",
    },
    module="""module fifo_flags(input clk, input rst, input wr, input rd, output full, output empty, output almost_full, output reg [@TOP@:0] count);
  assign full = (count == @D@);
  assign empty = (count == 0);
  assign almost_full = (count >= @NEAR@);
  wire put = wr && !full;
  wire take = rd && !empty;
  always @(posedge clk)
    if (rst) count <= 0;
    else if (put && !take) count <= count + 1'b1;
    else if (take && !put) count <= count - 1'b1;
endmodule""",
    bench="""  reg rst = 1, wr = 0, rd = 0;
  wire full, empty, almost_full;
  wire [@TOP@:0] count;
  integer model = 0, held;
  fifo_flags dut(.clk(clk), .rst(rst), .wr(wr), .rd(rd), .full(full), .empty(empty), .almost_full(almost_full), .count(count));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 2000; turn = turn + 1) begin
      rst = (turn == 1500);
      wr = ((turn / 100) % 2 == 0) ? ($random(seed) & 3) != 0 : ($random(seed) & 3) == 0;
      rd = ((turn / 100) % 2 == 1) ? ($random(seed) & 3) != 0 : ($random(seed) & 3) == 0;
      #1 if (count !== model[@TOP@:0] || full !== (model == @D@) || empty !== (model == 0) || almost_full !== (model > @NEAR@ - 1)) wrong = wrong + 1;
      held = model;
      if (wr && held < @D@) model = model + 1;
      if (rd && held > 0) model = model - 1;
      if (rst) model = 0;
      @(negedge clk);
    end
    conclude;
  end""",
)


def _parity(rng: random.Random) -> Params:
    width, odd = rng.randint(6, 16), rng.random() < 0.5
    return {
        "W": width,
        "TOP": width - 1,
        "NOT": "~" if odd else "",
        "REST": 1 if odd else 0,
        "ZH": "奇" if odd else "偶",
        "EN": "odd" if odd else "even",
    }


PARITY = Spec(
    draw=_parity,
    name="parity_bit",
    ports="- input [@TOP@:0] d\n- output p",
    behaviour={
        "zh": "@ZH@校验位发生器，组合逻辑：d 与 p 合起来共 @W@ + 1 位，其中 1 的个数总为@ZH@数。",
        "en": "a generator of @EN@ parity, combinational: the number of ones among all the @W@ + 1 bits of d and p together is always @EN@.",
    },
    module="""module parity_bit(input [@TOP@:0] d, output p);
  assign p = @NOT@(^d);
endmodule""",
    bench="""  reg [@TOP@:0] d;
  wire p;
  integer ones, place;
  parity_bit dut(.d(d), .p(p));
  initial begin
    for (turn = 0; turn < 600; turn = turn + 1) begin
      d = (turn < @W@) ? (1 << turn) : (turn == @W@) ? 0 : (turn == @W@ + 1) ? ~0 : $random(seed);
      #1 ones = (p === 1'b1);
      for (place = 0; place < @W@; place = place + 1) ones = ones + d[place];
      if ((p !== 0 && p !== 1) || ones % 2 != @REST@) wrong = wrong + 1;
    end
    conclude;
  end""",
)


def _register(rng: random.Random) -> Params:
    width = rng.randint(5, 9)
    return {"W": width, "TOP": width - 1, "BELOW": width - 2, "TAP": rng.randint(1, width - 2), "START": rng.randint(1, 2**width - 2)}


LFSR = Spec(
    draw=_register,
    name="shift_feedback",
    ports="- input clk\n- input rst\n- input en\n- output reg [@TOP@:0] q",
    behaviour={
        "zh": "@W@ 位线性反馈移位寄存器。clk 上升沿：rst 为 1 时 q 置为十进制 @START@（同步，优先于 en）；否则 en 为 1 时 q 左移一位，最低位填入移位前的 q[@TOP@] 异或 q[@TAP@]；en 为 0 时保持。",
        "en": "a linear feedback shift register of @W@ bits. At the rising edge of clk: with rst = 1, q becomes @START@ (decimal; synchronous, before en); else with en = 1, q is shifted left by one and its lowest bit becomes q[@TOP@] XOR q[@TAP@] as they were before the shift; with en = 0, q holds.",
    },
    module="""module shift_feedback(input clk, input rst, input en, output reg [@TOP@:0] q);
  always @(posedge clk)
    if (rst) q <= @START@;
    else if (en) q <= {q[@BELOW@:0], q[@TOP@] ^ q[@TAP@]};
endmodule""",
    bench="""  reg rst = 1, en = 0;
  wire [@TOP@:0] q;
  integer model = @START@;
  shift_feedback dut(.clk(clk), .rst(rst), .en(en), .q(q));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 1200; turn = turn + 1) begin
      rst = (turn == 500);
      en = (turn == 500) || ($random(seed) & 3) != 0;
      #1 if (q !== model[@TOP@:0]) wrong = wrong + 1;
      if (rst) model = @START@;
      else if (en) model = (2 * model) % (1 << @W@) + (((model >> @TOP@) + (model >> @TAP@)) % 2);
      @(negedge clk);
    end
    conclude;
  end""",
)


def _run_length(rng: random.Random) -> Params:
    count = rng.randint(3, 12)
    return {"N": count, "LAST": count - 1}


ONE_HOT = Spec(
    draw=_run_length,
    name="one_hot_control",
    ports="- input clk\n- input rst\n- input start\n- input ack\n- output reg [3:0] state",
    behaviour={
        "zh": "独热码状态机：IDLE = 4'b0001，LOAD = 4'b0010，RUN = 4'b0100，DONE = 4'b1000。clk 上升沿：rst 为 1 时回到 IDLE（同步，优先）；IDLE 时若 start 为 1 转 LOAD；LOAD 无条件转 RUN；RUN 正好保持 @N@ 个时钟周期，然后转 DONE；DONE 时若 ack 为 1 转 IDLE；除此之外这四个状态保持不变。四个状态以外的编码不考核。",
        "en": "a one-hot state machine with IDLE = 4'b0001, LOAD = 4'b0010, RUN = 4'b0100, DONE = 4'b1000. At the rising edge of clk: rst = 1 leads to IDLE (synchronous, before all else); from IDLE to LOAD if start is 1; from LOAD to RUN always; RUN lasts exactly @N@ clock cycles and then leads to DONE; from DONE to IDLE if ack is 1; else these four states hold. Codes other than the four are not tested.",
    },
    module="""module one_hot_control(input clk, input rst, input start, input ack, output reg [3:0] state);
  reg [4:0] count;
  always @(posedge clk)
    if (rst) begin
      state <= 4'b0001;
      count <= 0;
    end else case (state)
      4'b0001: if (start) state <= 4'b0010;
      4'b0010: begin
        state <= 4'b0100;
        count <= 0;
      end
      4'b0100: begin
        count <= count + 1'b1;
        if (count == @LAST@) state <= 4'b1000;
      end
      4'b1000: if (ack) state <= 4'b0001;
      default: state <= 4'b0001;
    endcase
endmodule""",
    bench="""  reg rst = 1, start = 0, ack = 0;
  wire [3:0] state;
  integer step = 0;  // 0 idle, 1 load, 2 to @N@ + 1 run, then done
  reg [3:0] model;
  one_hot_control dut(.clk(clk), .rst(rst), .start(start), .ack(ack), .state(state));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 2000; turn = turn + 1) begin
      rst = ($random(seed) & 63) == 0;
      start = ($random(seed) & 3) == 0;
      ack = ($random(seed) & 3) == 0;
      model = (step == 0) ? 4'b0001 : (step == 1) ? 4'b0010 : (step < @N@ + 2) ? 4'b0100 : 4'b1000;
      #1 if (state !== model) wrong = wrong + 1;
      if (rst) step = 0;
      else if (step == 0) step = start ? 1 : 0;
      else if (step == @N@ + 2) step = ack ? 0 : step;
      else step = step + 1;
      @(negedge clk);
    end
    conclude;
  end""",
)


def _ratio(rng: random.Random) -> Params:
    half = rng.randint(2, 14)
    return {"N": 2 * half, "HALF": half, "LAST": half - 1}


DIVIDER = Spec(
    draw=_ratio,
    name="clock_divider",
    ports="- input clk\n- input rst\n- output reg q",
    behaviour={
        "zh": "@N@ 分频器，占空比 50 %。clk 上升沿：rst 为 1 时 q 清零并重新计数（同步）；复位释放后的第 @HALF@ 个上升沿 q 变为 1，此后每 @HALF@ 个上升沿翻转一次。",
        "en": "a divider by @N@ with a duty cycle of 50 %. At the rising edge of clk: with rst = 1, q becomes 0 and counting starts again (synchronous); counting the rising edges with rst = 0 after a reset from 1, q becomes 1 at edge number @HALF@, and from then on it toggles after every @HALF@ rising edges.",
    },
    module="""module clock_divider(input clk, input rst, output reg q);
  reg [4:0] count;
  always @(posedge clk)
    if (rst) begin
      q <= 0;
      count <= 0;
    end else if (count == @LAST@) begin
      q <= ~q;
      count <= 0;
    end else count <= count + 1'b1;
endmodule""",
    bench="""  reg rst = 1;
  wire q;
  integer edges = 0;
  clock_divider dut(.clk(clk), .rst(rst), .q(q));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 1500; turn = turn + 1) begin
      rst = (turn % 401 == 333);
      edges = rst ? 0 : edges + 1;
      @(negedge clk);
      if (q !== ((edges / @HALF@) % 2 == 1)) wrong = wrong + 1;
    end
    conclude;
  end""",
)


def _encoder(rng: random.Random) -> Params:
    width, highest = rng.randint(5, 12), rng.random() < 0.5
    return {
        "W": width,
        "TOP": width - 1,
        "YTOP": (width - 1).bit_length() - 1,
        "FROM": 0 if highest else width - 1,
        "WHILE": f"place < {width}" if highest else "place >= 0",
        "STEP": "+" if highest else "-",
        "LATER": ">" if highest else "<",
        "ZH": "最大" if highest else "最小",
        "EN": "highest" if highest else "lowest",
    }


ENCODER = Spec(
    draw=_encoder,
    name="priority_encoder",
    ports="- input [@TOP@:0] d\n- output reg [@YTOP@:0] y\n- output valid",
    behaviour={
        "zh": "@W@ 输入优先编码器，组合逻辑：d 中有 1 时 valid = 1，y 为值为 1 的各位中@ZH@的位号；d 全 0 时 valid = 0，y = 0。",
        "en": "a priority encoder with @W@ inputs, combinational: where d holds a 1, valid is 1 and y is the @EN@ index among the bits that are 1; where d is all zeros, valid is 0 and y is 0.",
    },
    module="""module priority_encoder(input [@TOP@:0] d, output reg [@YTOP@:0] y, output valid);
  integer place;
  assign valid = |d;
  always @(*) begin
    y = 0;
    for (place = @FROM@; @WHILE@; place = place @STEP@ 1)
      if (d[place]) y = place[@YTOP@:0];
  end
endmodule""",
    bench="""  reg [@TOP@:0] d;
  wire [@YTOP@:0] y;
  wire valid;
  integer place, found;
  priority_encoder dut(.d(d), .y(y), .valid(valid));
  initial begin
    for (turn = 0; turn < (1 << @W@); turn = turn + 1) begin
      d = turn;
      found = -1;
      for (place = 0; place < @W@; place = place + 1)
        if (((turn >> place) & 1) && (found < 0 || place @LATER@ found)) found = place;
      #1 if (valid !== (found >= 0) || y !== ((found < 0) ? 0 : found)) wrong = wrong + 1;
    end
    conclude;
  end""",
)


def _limits(rng: random.Random) -> Params:
    width = rng.randint(5, 12)
    return {"W": width, "TOP": width - 1, "BELOW": width - 2, "MAX": 2 ** (width - 1) - 1, "MIN": 2 ** (width - 1)}


SATURATE = Spec(
    draw=_limits,
    name="saturating_adder",
    ports="- input signed [@TOP@:0] a\n- input signed [@TOP@:0] b\n- output signed [@TOP@:0] s\n- output clipped",
    behaviour={
        "zh": "@W@ 位有符号（补码）饱和加法器，组合逻辑：s = a + b；和大于 @MAX@ 时 s = @MAX@，小于 −@MIN@ 时 s = −@MIN@。仅当和超出该范围时 clipped = 1。",
        "en": "a saturating adder for signed (two's complement) numbers of @W@ bits, combinational: s = a + b; where the sum is above @MAX@, s is @MAX@; where it is below −@MIN@, s is −@MIN@. clipped is 1 only where the sum lies outside that range.",
    },
    module="""module saturating_adder(input signed [@TOP@:0] a, input signed [@TOP@:0] b, output signed [@TOP@:0] s, output clipped);
  wire signed [@W@:0] sum = a + b;
  assign clipped = sum[@W@] != sum[@TOP@];
  assign s = clipped ? {sum[@W@], {@TOP@{~sum[@W@]}}} : sum[@TOP@:0];
endmodule""",
    bench="""  reg signed [@TOP@:0] a, b;
  wire signed [@TOP@:0] s;
  wire clipped;
  integer x, y, total, held;
  saturating_adder dut(.a(a), .b(b), .s(s), .clipped(clipped));
  initial begin
    for (turn = 0; turn < 3000; turn = turn + 1) begin
      a = (turn % 7 == 0) ? @MAX@ : (turn % 7 == 1) ? -@MIN@ : $random(seed);
      b = (turn % 5 == 0) ? 1 : (turn % 5 == 1) ? -1 : (turn % 5 == 2) ? a : $random(seed);
      x = a;
      y = b;
      total = x + y;
      held = (total > @MAX@) ? @MAX@ : (total < -@MIN@) ? -@MIN@ : total;
      #1 if (s !== held || clipped !== (held != total)) wrong = wrong + 1;
    end
    conclude;
  end""",
)


def _pattern(rng: random.Random) -> Params:
    bits = rng.choice(("1011", "1101", "0110", "1001", "0101", "1010", "0100", "0010"))
    return {"BITS": bits, "VALUE": int(bits, 2)}


DETECTOR = Spec(
    draw=_pattern,
    name="sequence_detector",
    ports="- input clk\n- input rst\n- input d\n- output reg hit",
    behaviour={
        "zh": "序列检测器，检测 @BITS@（最先收到的位写在最左）。clk 上升沿：rst 为 1 时 hit 清零，此前收到的位全部作废（同步）；否则采入 d，若复位之后最近采入的四位（含本次）依次为 @BITS@，hit 置 1，否则置 0。允许重叠：一位可以属于前后两次命中。不足四位时不命中。",
        "en": "a detector of the sequence @BITS@ (the bit received first stands on the left). At the rising edge of clk: with rst = 1, hit becomes 0 and all bits received so far are void (synchronous); else d is taken in, and hit becomes 1 if the last four bits taken in since the reset, this one included, are @BITS@ in this order, and 0 otherwise. Hits may overlap: a bit may belong to two of them. Fewer than four bits never make a hit.",
    },
    module="""module sequence_detector(input clk, input rst, input d, output reg hit);
  reg [2:0] last;
  reg [1:0] taken;
  always @(posedge clk)
    if (rst) begin
      hit <= 0;
      last <= 0;
      taken <= 0;
    end else begin
      hit <= (taken == 2'd3) && ({last, d} == 4'b@BITS@);
      last <= {last[1:0], d};
      if (taken != 2'd3) taken <= taken + 1'b1;
    end
endmodule""",
    bench="""  reg rst = 1, d = 0;
  wire hit;
  integer window = 0, taken = 0;
  sequence_detector dut(.clk(clk), .rst(rst), .d(d), .hit(hit));
  initial begin
    @(negedge clk); @(negedge clk);
    for (turn = 0; turn < 4000; turn = turn + 1) begin
      rst = ($random(seed) & 15) == 0;
      if (turn > 2000) rst = (turn == 2500);
      d = (turn > 3600) ? (@VALUE@ >> (3 - turn % 4)) : $random(seed);
      window = rst ? 0 : (2 * window + d) % 16;
      taken = rst ? 0 : taken + 1;
      @(negedge clk);
      if (hit !== (taken >= 4 && window == @VALUE@)) wrong = wrong + 1;
    end
    conclude;
  end""",
)

SPECS: tuple[Spec, ...] = (COUNTER, GRAY, EDGE, DEBOUNCE, FIFO, PARITY, LFSR, ONE_HOT, DIVIDER, ENCODER, SATURATE, DETECTOR)


def _writer(spec: Spec) -> Callable[[Params, Language], tuple[Content, ...]]:
    def write(p: Params, language: Language) -> tuple[Content, ...]:
        stem = _STEM[language].replace("@PORTS@", spec.ports).replace("@TEXT@", spec.behaviour[language]).replace("@NAME@", spec.name)
        explanation = (
            "测试平台以另一种写法的模型逐拍对照输出，全部一致才通过。"
            if language == "zh"
            else "The bench holds the outputs against a model written in another way, step by step; all must agree."
        )
        bench = _FRAME.replace("@BODY@", spec.bench)
        return (
            Content(form="code", stem=filled(stem, p), answer=filled(spec.module, p), bench=filled(bench, p), explanation=explanation),
        )

    return write


GENERATORS: tuple[Generator, ...] = tuple(
    Generator(
        id=f"GEV{number}",
        task="code",
        subarea="digital",
        level="apply",
        foundation=spec in (COUNTER, PARITY),
        draw=spec.draw,
        write=_writer(spec),
        source=Source(title="Specification and test bench written for this item", kind="made"),
        draws=1,
    )
    for number, spec in enumerate(SPECS, start=1)
)
