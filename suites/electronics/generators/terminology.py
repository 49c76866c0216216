"""Terms of electronics in Chinese and English: each a fact of its own, with neighbours that are real terms of the same field.

A line of `LIST`: slug, sub-area, "f" where everybody in the trade knows it; Chinese term and its other names; English term
and its other names; what it is, in either language; three neighbours, Chinese = English.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

LIST = """
open_loop_gain | circuits | | 开环增益 | 开环放大倍数 | open-loop gain | open-loop amplification, open loop voltage gain | 运放不加反馈时输出电压与差模输入电压之比 | ratio of output to differential input of an amplifier without feedback | 闭环增益 = closed-loop gain; 共模增益 = common-mode gain; 环路增益 = loop gain
cmrr | circuits | | 共模抑制比 | CMRR, 共模抑制率 | common-mode rejection ratio | CMRR | 差分放大器差模增益与共模增益之比 | gain for difference signals over gain for signals that both inputs share | 电源抑制比 = power-supply rejection ratio; 共模输入范围 = common-mode input range; 谐波失真率 = harmonic distortion ratio
bias_current | circuits | | 输入偏置电流 | 偏置电流 | input bias current | bias current | 运放两个输入端流入电流的平均值 | mean of the currents that flow into both inputs of an op-amp | 输入失调电流 = input offset current; 静态电流 = quiescent current; 短路输出电流 = short-circuit output current
coupling_capacitor | circuits | f | 耦合电容 | 隔直电容, 耦合电容器 | coupling capacitor | DC blocking capacitor, blocking capacitor, AC coupling capacitor | 串在两级之间，通交流、隔直流 | joins two stages in series, passing AC and holding off DC | 去耦电容 = decoupling capacitor; 平滑电容 = smoothing capacitor; 自举电容 = bootstrap capacitor
voltage_follower | circuits | f | 电压跟随器 | 缓冲器, 单位增益缓冲器, 跟随器 | voltage follower | unity-gain buffer, unity gain amplifier, buffer amplifier, buffer | 输出电压等于输入电压、用来隔离前后级的放大电路 | amplifier whose output equals its input, used to isolate stages | 电压比较器 = voltage comparator; 仪表放大器 = instrumentation amplifier; 峰值检波器 = peak detector
quantisation_noise | converters | | 量化噪声 | 量化误差 | quantization noise | quantisation noise, quantization error, quantisation error | 把连续幅度舍入到有限个电平而引入的误差 | error that comes from rounding amplitudes to a limited number of levels | 热噪声 = thermal noise; 闪烁噪声 = flicker noise; 散粒噪声 = shot noise
dnl | converters | | 微分非线性 | 微分非线性误差, 差分非线性, DNL | differential nonlinearity | DNL, differential nonlinearity error, differential non-linearity | 转换器相邻码之间的实际步长与理想步长之差 | deviation of the step between neighbouring codes of a converter from the ideal step | 积分非线性 = integral nonlinearity; 满度误差 = full-scale error; 失调误差 = offset error
anti_alias | converters | | 抗混叠滤波器 | 防混叠滤波器, 反混叠滤波器, 去混叠滤波器 | anti-aliasing filter | antialias filter, anti-alias filter | 采样之前把高于半个采样率的频率成分滤掉 | removes what lies above half the sampling rate before sampling | 重建滤波器 = reconstruction filter; 陷波滤波器 = notch filter; 梳状滤波器 = comb filter
sample_hold | converters | | 采样保持电路 | 采样保持器, 采样保持放大器, 采样/保持电路, 采保电路 | sample-and-hold circuit | sample and hold, sample-and-hold amplifier, track-and-hold circuit, track and hold, S/H circuit | 转换期间让模拟电压保持不变 | keeps an analog voltage constant during a conversion | 峰值检测电路 = peak-detection circuit; 电平转换电路 = level-shifting circuit; 过零检测电路 = zero-crossing detector
sar | converters | | 逐次逼近型模数转换器 | 逐次比较型模数转换器, 逐次逼近型 ADC, SAR 型 ADC, SAR ADC, 逐次逼近 ADC, 逐次逼近模数转换器 | successive-approximation ADC | SAR ADC, successive approximation register ADC, successive approximation converter, successive approximation analog-to-digital converter | 用二分法从最高位起逐位比较的转换器 | converter that settles its bits one by one from the top, by halving | 双积分型模数转换器 = dual-slope integrating ADC; 流水线型模数转换器 = pipelined ADC; 闪速并行型模数转换器 = flash (parallel) ADC
metastability | digital | | 亚稳态 | 亚稳定性 | metastability | metastable state | 触发器因违反时序而较长时间停在高低电平之间 | a flip-flop lingering between high and low after a timing violation | 竞争冒险 = race hazard; 毛刺 = glitch; 时钟偏斜 = clock skew
flip_flop | digital | f | 触发器 | | flip-flop | bistable, bistable multivibrator | 在时钟沿更新、存一位数据的单元 | cell that stores one bit and is updated at a clock edge | 锁存器 = latch; 编码器 = encoder; 加法器 = adder
state_machine | digital | f | 有限状态机 | 状态机, FSM, 有限状态自动机 | finite state machine | FSM, state machine, finite-state automaton | 由状态、转移条件和输出描述的时序电路 | sequential circuit described by states, transitions and outputs | 移位寄存器 = shift register; 算术逻辑单元 = arithmetic logic unit; 组合逻辑电路 = combinational logic circuit
cdc | digital | | 跨时钟域 | 时钟域交叉, 时钟域穿越, 跨时钟域传输 | clock domain crossing | CDC | 信号从一个时钟控制的逻辑传到另一个时钟控制的逻辑 | passage of a signal from logic on one clock to logic on another | 时钟门控 = clock gating; 时钟树综合 = clock tree synthesis; 时钟数据恢复 = clock and data recovery
hold_time | digital | | 保持时间 | | hold time | | 时钟沿到来之后数据还必须不变的时间 | time for which data must stay unchanged after the clock edge | 建立时间 = setup time; 恢复时间 = recovery time; 传播延迟 = propagation delay
truth_table | digital | f | 真值表 | | truth table | | 列出全部输入组合及对应输出 | lists all combinations of inputs with their outputs | 卡诺图 = Karnaugh map; 时序图 = timing diagram; 波形图 = waveform
dead_time | power_thermal | | 死区时间 | 死区, 死时间 | dead time | deadtime, dead band, blanking time | 桥臂上下管切换时两管都关断的间隔 | interval in which both switches of a half-bridge are off | 导通时间 = on-time; 上升时间 = rise time; 存储时间 = storage time
duty_cycle | power_thermal | f | 占空比 | 占空系数, 工作比 | duty cycle | duty ratio, duty factor | 一个周期中导通时间所占的比例 | share of a period during which the switch is on | 功率因数 = power factor; 纹波系数 = ripple factor; 变换效率 = conversion efficiency
heat_sink | power_thermal | f | 散热器 | 散热片 | heat sink | heatsink | 装在功率器件上、用翅片把热量散到空气中的金属件 | finned metal part on a power device that gives heat to the air | 导热垫 = thermal pad; 热管 = heat pipe; 热电偶 = thermocouple
pfc | power_thermal | | 功率因数校正 | 功率因素校正, PFC | power factor correction | PFC, power-factor corrector | 使输入电流跟随市电电压波形 | shapes the input current after the mains voltage | 同步整流技术 = synchronous rectification; 零电压软开关 = zero-voltage switching; 脉冲宽度调制 = pulse-width modulation
inrush_current | power_thermal | | 浪涌电流 | 冲击电流, 启动冲击电流, 涌入电流, 涌流, 启动浪涌电流 | inrush current | surge current, in-rush current, input surge current, turn-on surge | 设备接通电源瞬间流入的很大电流 | large current that flows in at the moment of switching on | 纹波电流 = ripple current; 泄漏电流 = leakage current; 静态电流 = quiescent current
crosstalk | pcb_emc | f | 串扰 | 串音 | crosstalk | cross-talk, cross coupling | 相邻走线之间不希望有的耦合 | unwanted coupling between neighbouring traces | 振铃 = ringing; 反射 = reflection; 过冲 = overshoot
differential_pair | pcb_emc | | 差分对 | 差分线, 差分走线, 差分线对, 差分信号对 | differential pair | differential traces, differential lines | 传送一对极性相反信号的两条走线 | two traces that carry signals of opposite polarity | 微带线 = microstrip line; 带状线 = stripline; 参考平面 = reference plane
solder_mask | pcb_emc | f | 阻焊层 | 阻焊, 阻焊膜, 阻焊油墨, 绿油, 防焊层 | solder mask | solder resist, soldermask, solder stop mask | 覆盖电路板铜箔、只露出焊盘的绝缘涂层 | insulating coat on a board that leaves only the pads bare | 丝印层 = silkscreen; 钢网 = stencil; 覆铜层 = copper pour
impedance | pcb_emc | | 特性阻抗 | 特征阻抗 | characteristic impedance | surge impedance, line impedance | 传输线上行波电压与电流之比 | ratio of voltage to current of a wave travelling on a line | 接触电阻 = contact resistance; 等效串联电阻 = equivalent series resistance; 绝缘电阻 = insulation resistance
emc | pcb_emc | f | 电磁兼容 | 电磁兼容性, EMC | electromagnetic compatibility | EMC | 设备在电磁环境中正常工作且不干扰其他设备的能力 | ability to work among other equipment without disturbing it or being disturbed | 电磁干扰 = electromagnetic interference; 信号完整性 = signal integrity; 静电放电 = electrostatic discharge
ferrite_bead | pcb_emc | | 磁珠 | 铁氧体磁珠 | ferrite bead | bead, chip bead, ferrite chip bead | 串在电源线上、在高频呈电阻性以吸收噪声的元件 | part in series with a supply line, lossy at high frequency, that absorbs noise | 压敏电阻 = varistor; 热敏电阻 = thermistor; 共模电感 = common-mode choke
etching | semiconductor | f | 刻蚀 | 蚀刻, 腐蚀 | etching | etch | 把未被光刻胶保护的材料有选择地去除 | selective removal of material that the resist does not cover | 沉积 = deposition; 扩散 = diffusion; 氧化 = oxidation
implantation | semiconductor | | 离子注入 | 离子植入, 离子布植 | ion implantation | ion implant, implantation | 把加速的掺杂原子射入硅中 | shooting accelerated dopants into silicon | 热氧化 = thermal oxidation; 外延生长 = epitaxial growth; 溅射镀膜 = sputter deposition
wafer | semiconductor | f | 晶圆 | 硅片, 圆片, 晶片, 硅晶圆 | wafer | silicon wafer | 由单晶锭切出、在其上制造芯片的圆形薄片 | thin round slice of a crystal on which chips are made | 晶粒 = die; 晶锭 = ingot; 掩模 = mask
photoresist | semiconductor | | 光刻胶 | 光阻, 光致抗蚀剂, 抗蚀剂, 光阻剂 | photoresist | resist, photo resist | 曝光后在显影液中溶解度改变的涂层 | coat whose solubility in the developer changes on exposure | 掩模版 = photomask; 抛光液 = polishing slurry; 显影液 = developer
wire_bonding | semiconductor | | 引线键合 | 打线, 引线焊接, 焊线, 丝焊, 打线键合 | wire bonding | wirebonding, wire bond | 用细金属丝把芯片焊盘与封装引脚连接 | joining the pads of a die to the leads of the package by fine wires | 晶圆减薄 = wafer thinning; 芯片粘接 = die attach; 晶圆切割 = wafer dicing
critical_dimension | semiconductor | | 关键尺寸 | 临界尺寸, 特征尺寸, 特征线宽, CD | critical dimension | CD | 决定器件性能、工艺监控中逐批测量的图形尺寸 | size of those features of a pattern that decide how a device works, measured lot by lot to watch the process | 套刻误差 = overlay error; 薄膜厚度 = film thickness; 聚焦深度 = depth of focus
vswr | rf | | 电压驻波比 | 驻波比, 驻波系数, VSWR, 电压驻波系数 | voltage standing wave ratio | VSWR, standing wave ratio, SWR | 失配传输线上电压最大值与最小值之比 | largest over smallest voltage along a mismatched line | 电压反射系数 = voltage reflection coefficient; 三阶交调截点 = third-order intercept point; 载波噪声比 = carrier-to-noise ratio
lna | rf | f | 低噪声放大器 | 低噪放, LNA | low-noise amplifier | LNA | 接收机最前面、决定灵敏度的放大级 | first stage of a receiver, which sets its sensitivity | 功率放大器 = power amplifier; 可变增益放大器 = variable-gain amplifier; 跨阻放大器 = transimpedance amplifier
return_loss | rf | | 回波损耗 | 反射损耗 | return loss | reflection loss | 入射功率与反射功率之比，用 dB 表示 | incident over reflected power, in dB | 插入损耗 = insertion loss; 路径损耗 = path loss; 介质损耗 = dielectric loss
phase_noise | rf | | 相位噪声 | 相噪 | phase noise | | 振荡器输出在载波附近因瞬时频率起伏而形成的噪声边带 | noise beside the carrier of an oscillator, from small fluctuations of its frequency | 本底噪声 = noise floor; 冲激噪声 = impulse noise; 散粒噪声 = shot noise
beamforming | rf | | 波束赋形 | 波束成形, 波束形成 | beamforming | beam forming, beam-forming | 调整各天线阵元的幅度和相位，使能量集中到一个方向 | weighting the elements of an antenna array to aim its energy | 载波聚合 = carrier aggregation; 跳频扩频 = frequency hopping; 信道估计 = channel estimation
interrupt | embedded | f | 中断 | | interrupt | interruption, interrupt request | 外设请求处理器暂停当前程序转去处理事件 | a peripheral's request that the processor leave its program to serve an event | 轮询 = polling; 死锁 = deadlock; 溢出 = overflow
watchdog | embedded | f | 看门狗定时器 | 看门狗, 看门狗计时器, WDT | watchdog timer | watchdog, WDT | 程序若不按时清零它，就使系统复位 | resets the system unless the program clears it in time | 实时时钟模块 = real-time clock; 输入捕获单元 = input capture unit; 波特率发生器 = baud rate generator
dma | embedded | | 直接存储器访问 | 直接内存访问, 直接存储器存取, 直接内存存取, DMA, 直接记忆体存取 | direct memory access | DMA | 不经处理器逐字搬运，数据直接在外设与内存间传送 | moves data between peripherals and memory without the processor | 存储器保护单元 = memory protection unit; 虚拟存储器管理 = virtual memory management; 存储器映射输入输出 = memory-mapped I/O
pull_up | embedded | f | 上拉电阻 | 上拉电阻器 | pull-up resistor | pullup resistor, pull-up, pullup | 接在信号线与电源之间，使空闲时为高电平 | joins a line to the supply so that it is high when idle | 下拉电阻 = pull-down resistor; 端接电阻 = termination resistor; 限流电阻 = current-limiting resistor
bootloader | embedded | | 引导加载程序 | 引导程序, 启动加载程序, 引导装载程序, 自举程序 | bootloader | boot loader, bootstrap loader | 上电后最先运行、装入或更新应用程序的小程序 | small program that runs first after power-up and loads or updates the application | 设备驱动程序 = device driver; 中断服务程序 = interrupt handler; 命令行解释器 = command shell
burn_in | reliability | | 老化筛选 | 老化, 老炼, 老炼筛选, 老化试验, 老化测试, 预烧 | burn-in | burn-in screening, burn in test | 出厂前在高温下通电运行，以剔除早期失效品 | running parts hot and powered before delivery to weed out early failures | 温度循环 = temperature cycling; 温度冲击 = thermal shock; 盐雾试验 = salt spray test
bathtub | reliability | | 浴盆曲线 | 浴缸曲线, 澡盆曲线 | bathtub curve | bath-tub curve | 失效率先降、后平、再升的变化曲线 | failure rate over time that falls, stays level and rises again | 降额曲线 = derating curve; 学习曲线 = learning curve; 负载曲线 = load curve
derating | reliability | | 降额 | 降额使用, 降额设计, 减额 | derating | de-rating | 使器件工作应力低于其额定值以提高可靠性 | using parts below their ratings for the sake of reliability | 冗余 = redundancy; 校准 = calibration; 筛选 = screening
electromigration | reliability | | 电迁移 | 电子迁移, 电致迁移 | electromigration | electro-migration, EM | 大电流密度下互连线金属原子随电子流移动，最终断路 | metal atoms of an interconnect drift with a dense current until it opens | 锡须生长 = tin whisker growth; 栅氧击穿 = gate oxide breakdown; 应力松弛 = stress relaxation
failure_mode | reliability | | 失效模式 | 故障模式 | failure mode | fault mode, mode of failure | 失效的外在表现形式，如开路、短路、漂移 | the way in which a failure shows, such as open, short or drift | 失效机理 = failure mechanism; 失效分析 = failure analysis; 失效概率 = failure probability
reflow | assembly | f | 回流焊 | 再流焊, 回流焊接, 回焊 | reflow soldering | reflow, reflow solder | 贴片后整板加热，使预先印好的焊料熔化成焊点 | heating a whole board with parts in place so that printed solder melts into joints | 波峰焊 = wave soldering; 选择焊 = selective soldering; 激光焊 = laser soldering
tombstoning | assembly | | 立碑 | 墓碑, 墓碑效应, 立碑现象, 曼哈顿现象, 竖碑, 碑立 | tombstoning | tombstone, tombstone effect, Manhattan effect, drawbridging, drawbridge effect | 片式元件焊接时一端翘起竖立 | a chip part rising on one end during soldering | 桥连 = bridging; 锡珠 = solder balling; 翘曲 = warpage
solder_paste | assembly | f | 焊膏 | 锡膏, 焊锡膏 | solder paste | solder cream | 由焊料粉末和助焊成分混合、可印刷的膏体 | printable mixture of powdered metal and fluxing agent | 焊料条 = solder bar; 导热脂 = thermal grease; 红胶 = SMT adhesive
flux | assembly | | 助焊剂 | 焊剂, 助焊膏, 钎剂 | flux | soldering flux, solder flux | 焊接时去除金属表面氧化物并改善润湿的物质 | removes oxides from metal surfaces and helps wetting in soldering | 清洗剂 = cleaner; 脱模剂 = release agent; 三防漆 = conformal coating
pick_place | assembly | | 贴片机 | 贴装机, 贴装设备, 表面贴装机 | pick-and-place machine | placement machine, chip mounter, pick and place, component mounter, chip shooter, surface mounter | 用吸嘴取元件并放到印好膏料的板上的设备 | takes parts with nozzles and puts them on the printed board | 锡膏印刷机 = stencil printing machine; 分板机 = depaneling machine; 点胶机 = glue dispensing machine
wrist_strap | assembly | f | 防静电腕带 | 防静电手环, 腕带, 静电腕带, 静电手环, 防静电手腕带, 静电环 | wrist strap | ESD wrist strap, antistatic wrist strap, grounding wrist strap, antistatic strap, ESD strap | 操作者戴在手上、经电阻接地以泄放电荷 | worn by operators and grounded through a resistor to bleed off charge | 防静电台垫 = table mat; 防静电包装袋 = shielding bag; 离子风机 = air ionizer
creepage | compliance | | 爬电距离 | 沿面距离 | creepage distance | creepage | 两导电部分之间沿绝缘体表面的最短距离 | shortest path between two conductive parts along the surface of insulation | 电气间隙 = clearance; 绝缘厚度 = insulation thickness; 绝缘电压 = insulation voltage
reinforced | compliance | | 加强绝缘 | 增强绝缘 | reinforced insulation | | 单一的、防电击程度与双重绝缘相当的绝缘系统 | a single insulation that protects against shock as well as double insulation does | 基本绝缘 = basic insulation; 附加绝缘 = supplementary insulation; 功能绝缘 = functional insulation
conformity | compliance | | 符合性声明 | 符合声明, 合格声明, 一致性声明, 自我声明 | declaration of conformity | DoC, EU declaration of conformity, conformity declaration, supplier's declaration of conformity, manufacturer's declaration of conformity | 制造商自己签署、说明产品满足法规要求的文件 | document in which the maker states that the product meets the law | 型式检验报告 = type test report; 质量管理手册 = quality manual; 第三方认证证书 = third-party certificate
energy_label | compliance | | 能效标识 | 能效标签, 能源效率标识 | energy label | energy efficiency label, energy-efficiency label, China energy label | 贴在产品上、标明能源效率等级的标识 | mark on a product that shows its class of efficiency | 产品铭牌 = nameplate; 警告标志 = warning sign; 合格印章 = inspection stamp
maximum_ratings | trade_documents | | 绝对最大额定值 | 极限参数, 极限值, 绝对最大值, 最大额定值, 极限额定值 | absolute maximum ratings | absolute maximum rating, maximum ratings, limiting values, absolute maximums | 一旦超过就可能永久损坏器件的数值 | values beyond which a part may be damaged for good | 推荐工作条件 = recommended operating conditions; 典型电气特性 = typical electrical characteristics; 封装外形尺寸 = package outline dimensions
bom | trade_documents | f | 物料清单 | 材料清单, 材料表, BOM, 物料表, 元件清单 | bill of materials | BOM, bill of material, parts list | 列出一块板全部元件、型号和数量的表 | lists all parts of a board with type and quantity | 采购订单 = purchase order; 装箱清单 = packing list; 工艺路线 = process routing
lead_time | trade_documents | | 交货周期 | 交货期, 交期, 交付周期, 前置时间, 供货周期, 提前期 | lead time | delivery lead time, delivery time | 从下单到收货所需的时间 | time from placing an order to receiving the goods | 保质期限 = shelf life; 质保期限 = warranty term; 付款期限 = payment term
datasheet | trade_documents | f | 数据手册 | 规格书, 数据表, 技术规格书, 产品数据手册 | datasheet | data sheet, specification sheet, spec sheet | 制造商给出的器件参数、条件和封装文件 | the maker's document of a part's parameters, conditions and package | 应用笔记 = app note; 用户指南 = user guide; 勘误表 = errata sheet
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term: what it is called in each language, with other names, what it is, and three neighbours (zh, en)."""

    subarea: str
    easy: bool
    names: Mapping[Language, tuple[str, ...]]  # the usual one first
    meaning: Mapping[Language, str]
    near: tuple[Mapping[Language, str], ...]


def _split(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark) if part.strip())


def _term(line: str) -> tuple[str, Term]:
    slug, subarea, easy, zh, zh_more, en, en_more, meaning_zh, meaning_en, near = (part.strip() for part in line.split("|"))
    pairs = [_split(pair, "=") for pair in near.split(";")]
    return slug, Term(
        subarea=subarea,
        easy=easy == "f",
        names={"zh": (zh, *_split(zh_more, ",")), "en": (en, *_split(en_more, ","))},
        meaning={"zh": meaning_zh, "en": meaning_en},
        near=tuple({"zh": pair[0], "en": pair[1]} for pair in pairs),
    )


TERMS: Mapping[str, Term] = dict(_term(line) for line in LIST.strip().split("\n"))


def _draw(rng: random.Random) -> Params:
    return {"term": rng.choice(sorted(TERMS))}


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    term = TERMS[p["term"]]
    other: Language = "en" if language == "zh" else "zh"
    name, meaning = term.names[language][0], term.meaning[language]
    gold, *aliases = term.names[other]
    mistakes = {near[other]: f"neighbouring term: {near[language]}" for near in term.near}
    if language == "zh":
        asked = (f"术语“{name}”（{meaning}）的英文是哪一个？", f"“{name}”（{meaning}）的英文怎么说？只写英文术语。")
        explanation = f"{name} = {gold}；" + "；".join(f"{near['zh']} = {near['en']}" for near in term.near) + "。"
    else:
        asked = (
            f"Which Chinese term means '{name}' ({meaning})?",
            f"Write the Chinese term for '{name}' ({meaning}). Give the term only.",
        )
        explanation = f"{name} = {gold}; " + "; ".join(f"{near['en']} = {near['zh']}" for near in term.near) + "."
    return (
        Content(form="choice", stem=asked[0], answer=gold, choices=(gold, *mistakes), mistakes=mistakes, explanation=explanation),
        Content(form="text", stem=asked[1], answer=gold, aliases=tuple(aliases), explanation=explanation),
    )


GEG1 = Generator(
    id="GEG1",
    task="terminology",
    subarea=lambda p: TERMS[p["term"]].subarea,
    level="recall",
    foundation=lambda p: TERMS[p["term"]].easy,
    draw=_draw,
    write=_write,
    source=Source(title="Established Chinese and English terms of electronics", kind="practice"),
    draws=12,
    cluster=lambda p: str(p["term"]),
)

GENERATORS = (GEG1,)
