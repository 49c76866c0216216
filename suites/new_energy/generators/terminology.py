"""Terms of new energy in both languages, each with near misses that are terms of the same field.

A line: slug | sub-area | Chinese names | English names | near misses as Chinese=English. The first name is the answer, the
others are accepted beside it. A star before the slug marks everyday terms.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

LINES = """
ghi | pv_yield | 水平面总辐照度; 水平总辐照度; 总水平辐照度; 水平面总辐照; 水平面总辐射 | global horizontal irradiance; GHI; global horizontal irradiation | 法向直接辐照度=direct normal irradiance; 水平面散射辐照度=diffuse horizontal irradiance; 大气层外辐照度=extraterrestrial irradiance
performance_ratio | pv_yield | 性能比; 系统效率; 系统性能比; 电站性能比; 性能比率 | performance ratio; PR | 容量系数=capacity factor; 填充因子=fill factor; 容配比=DC-to-AC ratio
soiling_loss | pv_yield | 积灰损失; 灰尘损失; 污秽损失; 污渍损失; 灰尘遮挡损失; 积尘损失; 污染损失; 脏污损失 | soiling loss; soiling losses; soiling | 失配损失=mismatch loss; 削顶损失=clipping loss; 线缆损耗=cable loss
*string | pv_design | 组串; 光伏组串; 组件串; 组件组串; 电池组串 | string; PV string; module string; photovoltaic string; string of modules; solar string | 方阵=array; 子阵=sub-array; 组件=module
combiner_box | pv_design | 汇流箱; 直流汇流箱; 光伏汇流箱; 防雷汇流箱; 光伏防雷汇流箱 | combiner box; DC combiner box; PV combiner box; combiner; string combiner; string combiner box; PV array combiner box | 接线盒=junction box; 配电柜=distribution cabinet; 箱式变压器=pad-mounted transformer
bifacial_module | pv_design | 双面组件; 双面光伏组件; 双面发电组件 | bifacial module; bifacial PV module; bifacial panel; bifacial solar module; bifacial solar panel; bifacial photovoltaic module | 半片组件=half-cut module; 叠瓦组件=shingled module; 薄膜组件=thin-film module
mppt | pv_design | 最大功率点跟踪; 最大功率点追踪; 最大功率跟踪; 最大功率追踪; 最大功率点跟踪控制 | maximum power point tracking; MPPT; maximum power point tracker; max power point tracking | 有功功率控制=active power control; 自动电压控制=automatic voltage control; 锁相环控制=phase-locked loop control
*hot_spot | pv_operation | 热斑; 热斑效应; 热斑现象 | hot spot; hotspot; hot spot effect; hot spots; hot-spot heating | 隐裂=microcrack; 蜗牛纹=snail trail; 脱层=delamination
microcrack | pv_operation | 隐裂; 微裂纹; 微裂; 微裂缝; 电池片隐裂; 微隐裂 | microcrack; micro crack; cell crack; microcracking; microcracks; hidden crack | 虚焊=cold solder joint; 栅线断裂=finger interruption; 背板黄变=backsheet yellowing
pid | pv_operation | 电势诱导衰减; 电位诱导衰减; 电势诱发衰减; 电位诱发衰减; PID效应; 电势诱导衰减效应; 电压诱导衰减 | potential-induced degradation; PID; potential induced degradation effect | 光致衰减=light-induced degradation; 紫外诱导衰减=ultraviolet-induced degradation; 线性衰减=linear degradation
bypass_diode | pv_operation | 旁路二极管; 旁通二极管 | bypass diode; by-pass diode; bypass diodes | 防反二极管=blocking diode; 续流二极管=freewheeling diode; 稳压二极管=Zener diode
electroluminescence | pv_operation | 电致发光成像; 电致发光检测; 电致发光测试; EL检测; EL测试; EL成像; 电致发光 | electroluminescence imaging; EL imaging; electroluminescence; EL test; EL testing; electroluminescence testing; electroluminescence test; electroluminescence inspection | 红外热成像=infrared thermography; 光致发光成像=photoluminescence imaging; 紫外荧光成像=UV fluorescence imaging
*nacelle | wind | 机舱; 风机机舱 | nacelle; wind turbine nacelle | 轮毂=hub; 塔筒=tower; 导流罩=spinner
pitch_system | wind | 变桨系统; 变桨距系统; 桨距系统; 变桨控制系统; 变桨距控制系统; 桨距控制系统 | pitch system; pitch control system; blade pitch system; pitch control; blade pitch control system; pitching system | 偏航系统=yaw system; 制动系统=brake system; 润滑系统=lubrication system
yaw_error | wind | 偏航误差; 偏航偏差; 对风误差; 对风偏差; 偏航角误差; 偏航不对中; 偏航失准 | yaw error; yaw misalignment; yaw angle error; yaw offset; yaw deviation | 桨距角=pitch angle; 扭角=twist angle; 锥角=cone angle
*cut_in_speed | wind | 切入风速 | cut-in wind speed; cut-in speed | 切出风速=cut-out wind speed; 额定风速=rated wind speed; 极端风速=extreme wind speed
tip_speed_ratio | wind | 叶尖速比; 尖速比; 叶尖速度比 | tip-speed ratio; TSR; tip speed to wind speed ratio | 升阻比=lift-to-drag ratio; 齿轮箱传动比=gear ratio; 展弦比=aspect ratio
turbulence_intensity | wind | 湍流强度; 湍流度; 紊流强度 | turbulence intensity; TI; intensity of turbulence | 风切变指数=wind shear exponent; 风功率密度=wind power density; 阵风系数=gust factor
dfig | wind | 双馈感应发电机; 双馈异步发电机; 双馈发电机; 双馈式感应发电机; 双馈式异步发电机; 双馈感应电机; 双馈异步电机; 双馈电机 | doubly fed induction generator; DFIG; doubly-fed asynchronous generator; doubly fed generator; double fed induction generator; doubly-fed machine | 永磁同步发电机=permanent-magnet synchronous generator; 笼型感应发电机=squirrel-cage induction generator; 电励磁同步发电机=electrically excited synchronous generator
met_mast | wind | 测风塔; 气象塔; 测风桅杆; 气象桅杆; 气象测风塔 | met mast; meteorological mast; met tower; meteorological tower; measurement mast; wind measurement mast; wind measurement tower; anemometer tower; anemometer mast; wind mast; measuring mast; wind measuring tower | 风速仪=anemometer; 激光测风雷达=wind lidar; 风向标=wind vane
*state_of_charge | battery | 荷电状态; 充电状态; 电量状态; 剩余电量 | state of charge; SoC; state-of-charge | 健康状态=state of health; 功率状态=state of power; 放电深度=depth of discharge
coulombic_efficiency | battery | 库仑效率; 库伦效率; 电流效率; 充放电库仑效率; 法拉第效率 | coulombic efficiency; Coulomb efficiency; faradaic efficiency; current efficiency; CE; Faraday efficiency; charge efficiency | 能量效率=energy efficiency; 电压效率=voltage efficiency; 往返效率=round-trip efficiency
cell_balancing | battery | 电池均衡; 电芯均衡; 单体均衡; 均衡; 电池单体均衡; 均衡控制; 电池平衡; 电芯平衡 | cell balancing; battery balancing; balancing; cell equalisation; cell equalization; battery equalization; battery equalisation; equalization; equalisation; cell balance | 化成=cell formation; 分容=capacity grading; 预充=pre-charging
lithium_plating | battery | 析锂; 锂析出; 镀锂; 锂沉积; 析锂现象; 锂金属析出; 金属锂沉积; 负极析锂 | lithium plating; Li plating; lithium deposition; lithium metal plating; plating of lithium; lithium precipitation | 嵌锂=lithium intercalation; 补锂=pre-lithiation; 脱锂=delithiation
separator | battery | 隔膜; 电池隔膜; 隔离膜; 分隔膜; 隔板; 分离膜 | separator; battery separator; separator film; separator membrane | 集流体=current collector; 极耳=tab; 电解液=electrolyte
sei | battery | 固体电解质界面膜; SEI膜; 固体电解质界面; 固态电解质界面; 固态电解质界面膜; 固体电解质相界面; 固体电解质膜; 固体电解质界面层; 固态电解质膜; 固体电解质中间相 | solid electrolyte interphase; SEI; SEI film; SEI layer; solid electrolyte interface; solid electrolyte interphase film; solid-electrolyte interphase layer; solid electrolyte interface film | 硫化物固态电解质=sulphide solid electrolyte; 凝胶聚合物电解质=gel polymer electrolyte; 双电层=electric double layer
*self_discharge | battery | 自放电; 自放电现象; 自行放电; 自动放电 | self-discharge; self-discharging | 过放电=over-discharge; 深度放电=deep discharge; 脉冲放电=pulse discharge
pcs | storage | 储能变流器; 储能双向变流器; 功率转换系统; 功率变换系统; 储能逆变器; 双向变流器; 能量转换系统; 电力转换系统; 储能变换器; 电力变换系统 | power conversion system; PCS; energy storage converter; storage converter; power conditioning system; energy storage inverter; storage inverter; battery inverter; bidirectional converter; energy storage power conversion system; bidirectional inverter; battery energy storage converter; energy storage bidirectional converter | 电池管理系统=battery management system; 能量管理系统=energy management system; 消防控制系统=fire control system
round_trip_efficiency | storage | 往返效率; 循环效率; 充放电效率; 能量往返效率; 充放电循环效率; 往返能量效率; 往返循环效率 | round-trip efficiency; roundtrip efficiency; round-trip energy efficiency; RTE; cycle efficiency | 库仑效率=coulombic efficiency; 变压器效率=transformer efficiency; 热效率=thermal efficiency
liquid_cooling | storage | 液冷; 液体冷却; 液冷散热; 液体冷却系统 | liquid cooling; liquid-cooling; liquid cooled; liquid-cooled | 风冷=air cooling; 浸没式冷却=immersion cooling; 相变冷却=phase-change cooling
*pumped_storage | storage | 抽水蓄能; 抽蓄; 抽水储能; 抽水蓄能电站; 抽水蓄能发电; 抽水蓄能储能 | pumped storage; pumped hydro; pumped-storage hydropower; pumped hydro storage; pumped hydro energy storage; pumped storage hydroelectricity; pumped hydroelectric storage; pumped hydroelectric energy storage; PSH; pumped storage power; pumped water storage; pumped-hydro energy storage | 压缩空气储能=compressed-air storage; 飞轮储能=flywheel storage; 重力储能=gravity storage
flow_battery | storage | 液流电池; 液流储能电池; 氧化还原液流电池; 流体电池; 氧还液流电池 | flow battery; redox flow battery; RFB; redox-flow battery | 铅酸电池=lead-acid battery; 钠硫电池=sodium-sulphur battery; 固态电池=solid-state battery
proton_exchange_membrane | hydrogen | 质子交换膜; 聚合物电解质膜; 质子膜; 高分子电解质膜 | proton exchange membrane; PEM; polymer electrolyte membrane; proton-conducting membrane | 阴离子交换膜=anion exchange membrane; 双极性膜=bipolar membrane; 石棉隔膜=asbestos diaphragm
bipolar_plate | hydrogen | 双极板; 双极性板; 双极性极板 | bipolar plate; bipolar plates | 端板=end plate; 冷却板=cooling plate; 流场=flow field
*green_hydrogen | hydrogen | 绿氢; 绿色氢; 绿色氢气; 可再生氢; 绿色氢能; 可再生能源制氢 | green hydrogen; renewable hydrogen; green H2 | 灰氢=grey hydrogen; 蓝氢=blue hydrogen; 副产氢=by-product hydrogen
hydrogen_embrittlement | hydrogen | 氢脆; 氢脆化; 氢致脆化; 氢脆现象; 氢致脆性; 氢脆性 | hydrogen embrittlement; hydrogen brittleness; hydrogen-induced embrittlement | 氢鼓泡=hydrogen blistering; 应力腐蚀=stress corrosion; 蠕变=creep
*refuelling_station | hydrogen | 加氢站; 氢燃料加注站; 氢气加注站; 氢气加气站; 加氢加注站; 氢能加注站 | hydrogen refuelling station; hydrogen refueling station; hydrogen filling station; hydrogen fuelling station; hydrogen fueling station; hydrogen station; HRS; hydrogen gas station | 制氢站=hydrogen production plant; 换电站=battery swapping station; 充电站=charging station
primary_frequency | grid | 一次调频; 一次频率响应; 一次频率调节; 一次频率控制; 一次调频响应; 主频率响应; 初级频率响应; 一次频率调整 | primary frequency response; primary frequency regulation; primary frequency control; primary control; PFR; primary regulation; primary frequency modulation; primary frequency adjustment | 自动发电控制=automatic generation control; 低频减载=under-frequency load shedding; 自动电压控制=automatic voltage control
*virtual_power_plant | grid | 虚拟电厂; 虚拟发电厂; 虚拟电站 | virtual power plant; VPP; virtual power station | 虚拟同步机=virtual synchronous machine; 微电网=microgrid; 分布式电源=distributed generator
spinning_reserve | grid | 旋转备用; 旋转备用容量; 旋备; 热备用; 运转备用 | spinning reserve; spinning reserves; spinning reserve capacity; hot reserve; rotating reserve | 冷备用=cold reserve; 检修备用=maintenance reserve; 替代备用=replacement reserve
islanding | grid | 孤岛; 孤岛效应; 孤岛现象; 孤岛运行; 孤网运行; 孤岛化; 孤岛状态; 孤网 | islanding; island operation; islanded operation; island mode; islanding effect; island; electrical islanding; islanding operation; islanding phenomenon | 甩负荷=load rejection; 同期并列=synchronising; 系统解列=system splitting
short_circuit_ratio | grid | 短路比; 短路容量比 | short-circuit ratio; SCR; short circuit capacity ratio | 变压器变比=turns ratio; 功率因数=power factor; 调差系数=droop coefficient
*spot_market | market | 现货市场; 电力现货市场; 即期市场; 现货交易市场 | spot market; electricity spot market; power spot market; spot electricity market; spot power market | 容量市场=capacity market; 辅助服务市场=ancillary services market; 中长期市场=medium- and long-term market
ppa | market | 购电协议; 购售电协议; 购电合同; 电力购买协议; 购售电合同; 电力采购协议; 电力购买合同; 电力购售协议; 长期购电协议 | power purchase agreement; PPA; power purchasing agreement; electricity purchase agreement; power purchase contract | 差价合约=contract for difference; 并网调度协议=dispatch agreement; 供用电合同=supply contract
lmp | market | 节点边际电价; 节点电价; 节点边际价格; 位置边际价格; 区位边际电价; 地点边际电价; 位置边际电价; 区位边际价格; 节点边际定价 | locational marginal price; LMP; nodal price; locational marginal pricing; nodal marginal price; nodal pricing; node marginal price | 系统边际电价=system marginal price; 分区电价=zonal price; 分时电价=time-of-use price
*carbon_footprint | market | 碳足迹; 碳排放足迹; 碳足印; 二氧化碳足迹 | carbon footprint; CO2 footprint; carbon footprints | 碳汇=carbon sink; 碳配额=carbon allowance; 碳泄漏=carbon leakage
on_board_charger | charging | 车载充电机; 车载充电器; 车载充电装置; 车载充电设备 | on-board charger; OBC; onboard charger; onboard charging unit; vehicle-mounted charger; on-board battery charger | 电机控制器=motor controller; 高压配电盒=high-voltage junction box; 直流变换器=DC-DC converter
battery_swapping | charging | 换电; 电池更换; 电池交换; 换电模式; 更换电池; 电池换电; 换电池; 电池替换 | battery swapping; battery swap; battery exchange; swapping; battery switching | 有序充电=managed charging; 无线充电=wireless charging; 涓流充电=trickle charging
*regenerative_braking | charging | 再生制动; 制动能量回收; 能量回收制动; 回馈制动; 再生刹车; 能量回收; 再生式制动; 再生制动系统; 刹车能量回收 | regenerative braking; regen braking; recuperative braking; recuperation; brake energy recovery; braking energy recovery; regenerative brake; regenerative braking system; brake energy regeneration; regeneration braking | 能耗制动=rheostatic braking; 防抱死制动=anti-lock braking; 电涡流制动=eddy-current braking
*driving_range | charging | 续航里程; 续驶里程; 续航; 行驶里程; 行驶续航里程; 续驶距离; 续航距离; 续航能力; 驾驶里程 | driving range; range; cruising range; electric range; vehicle range; EV range; travel range; endurance mileage; mileage range; battery range | 累计里程=odometer reading; 电能消耗率=energy consumption; 最高车速=maximum speed
v2g | charging | 车网互动; 车辆到电网; 车辆入网; 车到网; 车网双向互动; 车辆对电网; 电动汽车入网; 车对网; 车辆向电网放电; 车辆到电网技术 | vehicle-to-grid; V2G; vehicle-grid interaction; vehicle to grid interaction; vehicle-grid integration; VGI | 车对家供电=vehicle-to-home; 车对负载供电=vehicle-to-load; 车对车充电=vehicle-to-vehicle
*earthing | electrical_safety | 接地; 接地措施; 接地保护 | earthing; grounding; earth; ground; earth connection; earth grounding; ground connection | 绝缘=insulation; 屏蔽=shielding; 断路=open circuit
lockout_tagout | electrical_safety | 上锁挂牌; 挂牌上锁; 锁定挂牌; 上锁挂签; 锁定与挂牌; 上锁和挂牌; 锁定上牌; 上锁与挂牌; 能量隔离上锁挂牌 | lockout-tagout; LOTO; lockout and tagout; lock-out tag-out; lock out and tag out; lockout & tagout; locking and tagging; lockout tagging | 动火许可=hot work permit; 受限空间作业=confined space entry; 安全交底=safety briefing
rcd | electrical_safety | 剩余电流保护器; 漏电保护器; 剩余电流动作保护器; 剩余电流装置; 漏电断路器; 剩余电流保护装置; 剩余电流动作保护装置; 漏电保护装置; 剩余电流断路器; 残余电流装置; 漏电开关; 剩余电流器件; 漏电保护开关; 剩余电流动作断路器 | residual current device; RCD; residual-current circuit breaker; RCCB; earth leakage circuit breaker; ELCB; residual current protective device; ground fault circuit interrupter; GFCI; earth leakage protector; leakage protector; residual current protector; residual current operated protective device; residual current breaker; leakage circuit breaker | 浪涌保护器=surge protective device; 过流继电器=overcurrent relay; 隔离开关=disconnector
live_working | electrical_safety | 带电作业; 带电工作; 带电操作; 带电检修 | live working; live-line working; live-line work; live work; hot-line work; energized work; energised work; working live; hot-line working; live line operation; live-wire work; live-line operation; hotline work; live operation | 动火作业=hot work; 高处作业=work at height; 吊装作业=lifting work
*single_line_diagram | records | 单线图; 单线接线图; 主接线图; 一次接线图; 单线系统图; 电气单线图; 电气主接线图; 单线电气图; 一次系统图; 单线示意图 | single-line diagram; one-line diagram; SLD; single line drawing; electrical single-line diagram; one line drawing | 平面布置图=layout drawing; 接线图=wiring diagram; 逻辑框图=logic diagram
*nameplate | records | 铭牌; 设备铭牌; 产品铭牌; 标牌; 铭板 | nameplate; name plate; rating plate; data plate; type plate; identification plate | 合格证=certificate; 警示牌=warning sign; 说明书=manual
type_test | records | 型式试验; 型式测试; 型式检验; 类型试验; 定型试验 | type test; type testing; type tests; type-test | 例行试验=routine test; 抽样试验=sampling test; 耐久试验=endurance test
"""

AREAS: Mapping[str, Mapping[Language, str]] = {
    "pv_yield": {"zh": "光伏资源与发电量", "en": "PV resource and yield"},
    "pv_design": {"zh": "光伏系统设计", "en": "PV system design"},
    "pv_operation": {"zh": "光伏运维", "en": "PV operation and maintenance"},
    "wind": {"zh": "风力发电", "en": "wind power"},
    "battery": {"zh": "锂离子电池", "en": "lithium-ion batteries"},
    "storage": {"zh": "储能电站", "en": "energy storage stations"},
    "hydrogen": {"zh": "氢能", "en": "hydrogen energy"},
    "grid": {"zh": "并网与调度", "en": "grid connection and dispatch"},
    "market": {"zh": "电力市场与碳", "en": "power markets and carbon"},
    "charging": {"zh": "电动汽车与充电", "en": "electric vehicles and charging"},
    "electrical_safety": {"zh": "电气安全", "en": "electrical safety"},
    "records": {"zh": "电气图纸与单据", "en": "electrical drawings and documents"},
}


@dataclass(frozen=True, slots=True)
class Term:
    """A term: its names in each language, the answer first, and its near misses by language."""

    slug: str
    subarea: str
    names: Mapping[Language, tuple[str, ...]]
    near: Mapping[Language, tuple[str, ...]]
    everyday: bool


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";"))


def _term(line: str) -> Term:
    slug, subarea, zh, en, near = (part.strip() for part in line.split(" | "))
    pairs = [pair.split("=") for pair in _parts(near)]
    return Term(
        slug=slug.removeprefix("*"),
        subarea=subarea,
        names={"zh": _parts(zh), "en": _parts(en)},
        near={"zh": tuple(zh for zh, _ in pairs), "en": tuple(en for _, en in pairs)},
        everyday=slug.startswith("*"),
    )


TERMS: Mapping[str, Term] = {term.slug: term for term in map(_term, LINES.strip().split("\n"))}


def _draw(rng: random.Random) -> Params:
    return {"term": rng.choice(sorted(TERMS))}


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    term = TERMS[p["term"]]
    other: Language = "en" if language == "zh" else "zh"
    told, area = term.names[language][0], AREAS[term.subarea][language]
    answer, *aliases = term.names[other]
    mistakes = {option: f"confused with {english}" for option, english in zip(term.near[other], term.near["en"], strict=True)}
    if language == "zh":
        choice = f"在{area}领域，术语“{told}”对应的英文是哪一个？"
        text = f"写出{area}领域术语“{told}”的英文，只写术语本身。"
        why = f"“{told}”的英文是 {answer}；相近的术语：{'、'.join(f'{en}（{zh}）' for zh, en in zip(term.near['zh'], term.near['en'], strict=True))}。"
    else:
        choice = f"In {area}, which Chinese term means “{told}”?"
        text = f"Write the Chinese term for “{told}” as used in {area}, in Chinese characters; give the term only."
        why = f"“{told}” is {answer}; terms near to it: {', '.join(f'{zh} ({en})' for zh, en in zip(term.near['zh'], term.near['en'], strict=True))}."
    return (
        Content(form="choice", stem=choice, answer=answer, choices=(answer, *mistakes), mistakes=mistakes, explanation=why),
        Content(form="text", stem=text, answer=answer, aliases=tuple(aliases), explanation=why),
    )


GENERATORS = (
    Generator(
        id="GNG1", task="terminology", subarea=lambda p: TERMS[p["term"]].subarea, level="recall", draw=_draw, write=_write,
        source=Source(title="Established usage of the trade", kind="practice"), draws=12,
        foundation=lambda p: TERMS[p["term"]].everyday, cluster=lambda p: str(p["term"]),
    ),
)  # fmt: skip
