"""Orders of work in electronics: steps and a printed list of what comes only after what; any order that keeps the list is right."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

Words = Mapping[Language, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job: its steps in one right order, pairs (first, then) of their keys that every order must keep, steps never left out.

    `partners`: step > the step without which it is left out too, as one takes back or checks what the other did.
    """

    subarea: str
    title: Words
    steps: Mapping[str, Words]
    pairs: tuple[tuple[str, str], ...]
    always: tuple[str, ...] = ()
    partners: Mapping[str, str] = field(default_factory=dict)


def _steps(*lines: tuple[str, str, str]) -> Mapping[str, Words]:
    return {key: {"zh": zh, "en": en} for key, zh, en in lines}


WORKS: Mapping[str, Work] = {
    "cabinet": Work(
        subarea="power_thermal",
        title={"zh": "检修一台已停机的、带大容量电容的变频电源柜", "en": "Service of a converter cabinet with large capacitors, after the converter has been stopped"},
        steps=_steps(
            ("permit", "办理工作许可并通知有关人员", "obtain the work permit and tell those concerned"),
            ("open", "断开主断路器", "open the main breaker"),
            ("lock", "给断路器上锁并挂牌", "lock and tag the breaker"),
            ("wait", "等待电容放电", "wait for the capacitors to discharge"),
            ("meter", "在带电处检验验电器", "prove the voltage tester on a live source"),
            ("test", "验电确认无电压", "test that there is no voltage"),
            ("ground", "挂上接地线", "fit the grounding leads"),
            ("change", "更换功率模块", "replace the power module"),
            ("count", "清点工具和材料", "count tools and materials"),
            ("clear", "拆除接地线", "take the grounding leads off"),
            ("unlock", "取下锁和牌", "remove lock and tag"),
        ),
        pairs=(
            ("permit", "open"), ("open", "lock"), ("open", "wait"), ("lock", "test"), ("wait", "test"), ("meter", "test"), ("test", "ground"), ("ground", "change"),
            ("change", "count"), ("count", "clear"), ("clear", "unlock"),
        ),
        always=("open", "lock", "wait", "test", "ground", "change", "clear"),  # no job is safe without them
    ),
    "prototype": Work(
        subarea="digital",
        title={"zh": "一块样板第一次上电调试", "en": "First power-up of a prototype board"},
        steps=_steps(
            ("look", "目检焊接和极性", "inspect joints and polarities by eye"),
            ("ohms", "断电测各路电源对地电阻", "measure the supply rails to ground, power off"),
            ("limit", "设定实验电源的限流值", "set the current limit of the bench supply"),
            ("power", "接通电源", "switch the supply on"),
            ("rails", "测量各路电压", "measure the rail voltages"),
            ("clock", "检查时钟波形", "check the clock on the oscilloscope"),
            ("load", "烧录固件", "load the firmware"),
            ("run", "运行功能测试", "run the functional test"),
        ),
        pairs=(
            ("look", "power"), ("ohms", "power"), ("limit", "power"), ("power", "rails"), ("rails", "clock"), ("rails", "load"), ("clock", "run"), ("load", "run"),
        ),
        always=("power", "rails", "run"),
    ),
    "changeover": Work(
        subarea="assembly",
        title={"zh": "贴片线换产后的首板生产", "en": "First board after a changeover of a surface-mount line"},
        steps=_steps(
            ("stencil", "安装钢网", "mount the stencil"),
            ("program", "调入贴装程序", "load the placement program"),
            ("reels", "上料", "load the feeders"),
            ("check", "由第二人核对料站", "have a second person check the feeders"),
            ("print", "印刷焊膏", "print the paste"),
            ("paste", "检查焊膏印刷", "inspect the paste"),
            ("place", "贴装元件", "place the components"),
            ("oven", "过回流炉", "pass the board through the reflow oven"),
            ("joints", "检查焊点", "inspect the solder joints"),
        ),
        pairs=(
            ("stencil", "print"), ("print", "paste"), ("paste", "place"), ("program", "place"), ("reels", "check"), ("check", "place"), ("place", "oven"), ("oven", "joints"),
        ),
        always=("print", "place", "oven"),
        partners={"check": "reels"},
    ),
    "lithography": Work(
        subarea="semiconductor",
        title={"zh": "晶圆上一层图形的光刻", "en": "Lithography of one layer on a wafer"},
        steps=_steps(
            ("clean", "清洗晶圆", "clean the wafer"),
            ("prime", "涂增粘剂", "apply the adhesion promoter"),
            ("spin", "旋涂光刻胶", "spin the resist on"),
            ("bake", "软烘", "soft-bake the resist"),
            ("mask", "装载掩模版", "load the reticle"),
            ("expose", "对准并曝光", "align and expose"),
            ("develop", "显影", "develop the resist"),
            ("measure", "测量线宽和套刻", "measure line width and overlay"),
        ),
        pairs=(
            ("clean", "prime"), ("prime", "spin"), ("spin", "bake"), ("bake", "expose"), ("mask", "expose"), ("expose", "develop"), ("develop", "measure"),
        ),
        always=("spin", "expose", "develop"),
    ),
    "update": Work(
        subarea="embedded",
        title={"zh": "在现场升级一台设备的固件", "en": "Firmware update of a device in the field"},
        steps=_steps(
            ("save", "备份配置参数", "save the configuration"),
            ("sign", "验证升级包的签名", "verify the signature of the update"),
            ("supply", "确认供电稳定", "make sure that the supply is steady"),
            ("boot", "进入引导程序", "enter the bootloader"),
            ("erase", "擦除应用程序区", "erase the application area"),
            ("write", "写入新固件", "write the new firmware"),
            ("sum", "校验写入的内容", "verify what was written"),
            ("start", "重启设备", "restart the device"),
            ("restore", "恢复配置参数", "restore the configuration"),
        ),
        pairs=(
            ("save", "erase"), ("sign", "erase"), ("supply", "erase"), ("boot", "erase"), ("erase", "write"), ("write", "sum"), ("sum", "start"), ("start", "restore"),
        ),
        always=("erase", "write", "sum"),
        partners={"restore": "save"},
    ),
    "rework": Work(
        subarea="assembly",
        title={"zh": "更换一颗球栅阵列封装的芯片", "en": "Replacement of a ball grid array"},
        steps=_steps(
            ("strap", "戴好防静电腕带并测试", "put the wrist strap on and test it"),
            ("dry", "烘烤电路板去潮", "bake the board dry"),
            ("lift", "加热并取下旧芯片", "heat and lift the old chip"),
            ("pads", "清理焊盘残锡", "clean the pads of old solder"),
            ("part", "核对新芯片的型号", "check the type of the new chip"),
            ("flux", "涂助焊剂", "apply flux to the pads"),
            ("place", "对位放置新芯片", "align and place the new chip"),
            ("heat", "按曲线加热焊接", "solder with the set profile"),
            ("xray", "用 X 射线检查焊球", "inspect the balls by X-ray"),
        ),
        pairs=(
            ("strap", "lift"), ("dry", "lift"), ("lift", "pads"), ("pads", "flux"), ("part", "place"), ("flux", "place"), ("place", "heat"), ("heat", "xray"),
        ),
        always=("strap", "lift", "place", "heat"),
    ),
    "emission": Work(
        subarea="pcb_emc",
        title={"zh": "在电波暗室测量一台设备的辐射发射", "en": "Measurement of a device's radiated emission in a chamber"},
        steps=_steps(
            ("factors", "录入天线系数和线损", "enter antenna factors and cable losses"),
            ("arrange", "布置设备和线缆", "arrange the device and its cables"),
            ("ambient", "关机测背景噪声", "measure the background with the device off"),
            ("warm", "开机预热到稳定工作", "switch the device on until it works steadily"),
            ("scan", "峰值预扫", "pre-scan with the peak detector"),
            ("turn", "转台和升降天线找最大值", "turn the table and raise the antenna for the maximum"),
            ("final", "准峰值终测", "take the final quasi-peak readings"),
            ("limit", "对照限值出结论", "compare with the limits and conclude"),
        ),
        pairs=(
            ("factors", "scan"), ("arrange", "ambient"), ("arrange", "warm"), ("ambient", "warm"), ("warm", "scan"), ("scan", "turn"), ("turn", "final"), ("final", "limit"),
        ),
        always=("warm", "scan", "final"),
    ),
    "failure": Work(
        subarea="reliability",
        title={"zh": "一颗失效芯片的失效分析", "en": "Failure analysis of a failed chip"},
        steps=_steps(
            ("history", "收集失效背景资料", "collect the history of the failure"),
            ("look", "外观检查", "inspect the package from outside"),
            ("electric", "电性能复测确认失效", "confirm the failure by electrical test"),
            ("xray", "X 射线透视", "take an X-ray picture"),
            ("decap", "化学开封", "open the package chemically"),
            ("die", "显微镜检查芯片表面", "inspect the die under the microscope"),
            ("layers", "逐层剥除到缺陷位置", "strip the layers down to the defect"),
            ("report", "撰写报告", "write the report"),
        ),
        pairs=(
            ("history", "electric"), ("look", "decap"), ("electric", "decap"), ("xray", "decap"), ("decap", "die"), ("die", "layers"), ("layers", "report"),
        ),
        always=("electric", "decap", "die"),
    ),
}  # fmt: skip


def _reaches(pairs: tuple[tuple[str, str], ...], first: str, then: str) -> bool:
    """Whether `first` must precede `then`, directly or through others."""
    return any(a == first and (b == then or _reaches(pairs, b, then)) for a, b in pairs)


def needed(work: Work, kept: list[str]) -> list[tuple[str, str]]:
    """The pairs among `kept` that follow from the job's, none of which follows from the others."""
    closed = [(a, b) for a in kept for b in kept if _reaches(work.pairs, a, b)]
    return [(a, b) for a, b in closed if not any((a, c) in closed and (c, b) in closed for c in kept)]


def _draw(rng: random.Random) -> Params | None:
    name = rng.choice(list(WORKS))
    work = WORKS[name]
    size = rng.randint(5, 7)
    if size <= len(work.always):
        size = len(work.always) + rng.randint(1, 2)
    free = [key for key in work.steps if key not in work.always]
    chosen = {*work.always, *rng.sample(free, size - len(work.always))}
    if any(key in chosen and partner not in chosen for key, partner in work.partners.items()):
        return None
    kept = [key for key in work.steps if key in chosen]
    pairs = needed(work, kept)
    tied = {key for pair in pairs for key in pair}
    rng.shuffle(pairs)
    return {"work": name, "steps": kept, "pairs": [list(pair) for pair in pairs]} if len(tied) == size and len(pairs) >= size - 2 else None


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    work = WORKS[p["work"]]
    said = {key: work.steps[key][language] for key in p["steps"]}
    before = tuple((said[first], said[then]) for first, then in p["pairs"])
    if language == "zh":
        rules = "\n".join(f"- “{then}”须在“{first}”之后" for first, then in before)
        stem = f"{work.title[language]}（以下未列出全部步骤）。约束如下（未列出的先后不作要求）：\n{rules}\n请给出满足全部约束的一种顺序。"
        explanation = "一种正确的顺序：" + "；".join(said.values()) + "。凡满足全部约束的顺序都对。"
    else:
        rules = "\n".join(f'- "{then}" only after "{first}"' for first, then in before)
        stem = f"{work.title[language]}; not all steps are listed. The constraints (nothing else is required):\n{rules}\nPut the steps in an order that keeps all of them."
        explanation = "One right order: " + "; ".join(said.values()) + ". Every order that keeps all constraints is right."
    return (
        Content(form="ordering", stem=stem, answer=tuple(said.values()), choices=tuple(said.values()), before=before, explanation=explanation),
    )


GEP1 = Generator(
    id="GEP1",
    task="procedure",
    subarea=lambda p: WORKS[p["work"]].subarea,
    level="apply",
    draw=_draw,
    write=_write,
    source=Source(title="Usual order of work, with the constraints as printed", kind="practice"),
    foundation=lambda p: len(p["steps"]) == 5,
    draws=6,
)

GENERATORS = (GEP1,)
