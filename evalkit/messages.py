"""All that pages say, in Chinese and English, in one place; and numbers, names and reasons in the reader's form.

`MESSAGES` is the catalogue: key > (zh, en). A page shows both, and a switch hides one. What a bundle records in English
(methods, reasons, notes) is put into Chinese by `PHRASES`, pattern by pattern; a phrase without a pattern stays English
rather than being guessed.
"""

# ruff: noqa: E501  (a message or a pattern is one line, so that a missing language is seen at once)

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from evalkit.records import LANGUAGES, Estimate, Language

Pair = tuple[str, str]  # zh, en

MESSAGES: Mapping[str, Pair] = {
    # the frame of a page
    "language": ("语言", "Language"),
    "zh": ("中文", "中文"),
    "en": ("English", "English"),
    "skip": ("跳到正文", "Skip to content"),
    "contents": ("目录", "Contents"),
    "report": ("评测报告", "Evaluation report"),
    "leaderboard": ("榜单", "Leaderboard"),
    "catalogue": ("题目目录", "Catalogue of items"),
    "catalogue.what": (
        "本题集公开部分的全部题目：题面、标准答案、每个错误选项背后的错误、来源与变体。",
        "Every item of the public set: the question, its gold, the mistake behind each wrong option, its source and its variants.",
    ),
    "catalogue.version": ("版本", "Version"),
    "catalogue.licence": ("内容许可", "Licence of the content"),
    "catalogue.items": ("题数", "Items"),
    "catalogue.clusters": ("题簇数", "Clusters"),
    "catalogue.by_hand": ("人工编写", "Written by hand"),
    "catalogue.foundation": ("基础题", "Foundation items"),
    "catalogue.variants": ("变体数", "Variants"),
    "catalogue.digest": ("题目文件摘要", "Digest of the items"),
    "catalogue.review": ("盲答核对", "Answered blind"),
    "catalogue.list": ("题目", "Items"),
    "catalogue.search": ("搜索", "Search"),
    "catalogue.task": ("任务", "Task"),
    "catalogue.language": ("题目语言", "Language of the item"),
    "catalogue.level": ("层次", "Level"),
    "catalogue.form": ("作答形式", "Form"),
    "catalogue.subarea": ("子领域", "Sub-area"),
    "catalogue.origin": ("来历", "Origin"),
    "catalogue.hand": ("人工编写", "written by hand"),
    "catalogue.drawn": ("模板抽取", "drawn"),
    "catalogue.all": ("全部", "all"),
    "catalogue.reset": ("清除条件", "Clear"),
    "catalogue.none": ("没有符合条件的题目。", "No item fits."),
    "catalogue.right": ("正确", "right"),
    "catalogue.answer": ("标准答案", "Gold"),
    "catalogue.aliases": ("也算正确", "Also right"),
    "catalogue.before": ("必须保持的先后", "Orders that must be kept"),
    "catalogue.facts": ("必须说到", "Must be stated"),
    "catalogue.forbidden": ("不得出现", "Must not be said"),
    "catalogue.mistakes": ("常见错误", "Mistakes"),
    "catalogue.bench": ("测试平台", "Test bench"),
    "catalogue.explanation": ("解析", "Why"),
    "catalogue.source": ("来源", "Source"),
    "catalogue.kind/standard": ("标准", "standard"),
    "catalogue.kind/textbook": ("教材", "textbook"),
    "catalogue.kind/paper": ("论文", "paper"),
    "catalogue.kind/guideline": ("指南", "guideline"),
    "catalogue.kind/law": ("法规", "law"),
    "catalogue.kind/manual": ("手册", "manual"),
    "catalogue.kind/practice": ("通行做法", "practice"),
    "catalogue.kind/made": ("为本题编写", "made for the item"),
    "catalogue.facets": ("归类", "Facets"),
    "catalogue.easy": ("基础题", "foundation item"),
    "catalogue.template": ("模板", "template"),
    "catalogue.review/unreviewed": ("尚无人盲答", "not answered blind by anybody yet"),
    "catalogue.review/agreed": ("盲答与标准答案一致", "the blind answer agreed with the gold"),
    "catalogue.review/repaired": ("盲答后修改过", "repaired after it was answered blind"),
    "catalogue.by/automatic": ("由程序，非专业人员", "by a program, no person"),
    "catalogue.by/person": ("由人", "by a person"),
    "catalogue.by/trade": ("由业内人员", "by a person of the trade"),
    "catalogue.id": ("编号", "Id"),
    "catalogue.pair": ("另一语言", "in the other language"),
    "catalogue.variants_of": ("{count} 个变体", "{count} variants"),
    "language/zh": ("中文", "Chinese"),
    "language/en": ("英文", "English"),
    "arm/placebo": ("安慰剂（原样重问）", "placebo (asked afresh)"),
    "arm/positive": ("阳性对照（字符打乱）", "positive control (characters shuffled)"),
    "back": ("返回榜单", "Back to the board"),
    "made_by": ("本页由 evalkit {version} 从结果包生成，可逐字节重建。", "Made by evalkit {version} from result bundles; it can be rebuilt byte for byte."),
    "no_links": ("本页不读取任何外部内容。", "This page loads nothing from elsewhere."),
    "scroll": ("表格可左右滚动", "the table scrolls sideways"),
    "preview": ("预览档：区间很宽，不用于排名", "preview: wide intervals, not for ranking"),
    "preview.more": (
        "预览档用几分钟给出第一印象：每个领域至多 {items} 题，单项指标可能“未报告”或“不完整”。",
        "A preview takes minutes and gives a first impression: at most {items} items a domain, and an axis may say “not reported” or “partial”.",
    ),
    "preview.board": ("预览运行不会进入公开排名。", "Preview runs never make a public ranking."),
    "medical": (
        "医疗领域的题目检验知识与计算，不是医疗器械评价，也不能作为临床使用的依据。",
        "The healthcare items test knowledge and arithmetic: not a medical-device evaluation; no clinical use.",
    ),
    "baseline": ("基线", "baseline"),
    "baseline.more": (
        "基线不读题，只按固定规则作答；与基线分不开的成绩说明不了能力。",
        "A baseline reads no question and answers by a fixed rule; a score that cannot be told from it shows no ability.",
    ),
    "profile": ("运行档", "Profile"),
    "profile/preview.table": ("预览档", "Preview runs"),
    "profile/fast.table": ("快速档", "Fast runs"),
    "profile/full.table": ("完整档", "Full runs"),
    "profile/preview": ("预览", "preview"),
    "profile/fast": ("快速", "fast"),
    "profile/full": ("完整", "full"),
    # what a figure is made of
    "figure": ("项目", "Figure"),
    "size.name": ("项目", "Size"),
    "value": ("数值", "Value"),
    "interval": ("95% 区间", "95 % interval"),
    "bar": ("区间图", "Interval"),
    "n": ("题数 n", "n"),
    "clusters": ("聚类", "Clusters"),
    "missing": ("缺失", "Missing"),
    "method": ("方法", "Method"),
    "why": ("说明", "Remark"),
    "counts.short": ("{n} 题 · {clusters} 个聚类", "{n} items · {clusters} clusters"),
    "counts.missing": ("缺失 {missing}", "{missing} missing"),
    "counts": ("{n} 题 · {clusters} 个聚类 · 缺失 {missing}", "{n} items · {clusters} clusters · {missing} missing"),
    "approximate": ("≈ 聚类少于 20 个，区间为近似。", "≈ fewer than 20 clusters: the interval is approximate."),
    "colon": ("：", ": "),
    "no_interval": ("无区间", "no interval"),
    "open_low": ("下端开放", "open below"),
    "open_high": ("上端开放", "open above"),
    "partial": ("不完整：{what}", "partial: {what}"),
    "notes": ("须知", "What a reader must know"),
    "measured": ("实测", "measured"),
    "estimated": ("估计", "estimated"),
    "declared": ("申报", "declared"),
    "not measured": ("未测量", "not measured"),
    "not reported": ("未报告", "not reported"),
    "scale": ("区间图刻度：{low} 至 {high}；细竖线为 0（随机猜测水平）。", "Scale of the bars: {low} to {high}; the thin line is 0, the level of guessing."),
    "scale.kept": ("区间图刻度：{low} 至 {high}；细竖线为 1（毫无损失）。", "Scale of the bars: {low} to {high}; the thin line is 1, nothing lost."),
    "scale.cards": (
        "四张区间图刻度相同：{low} 至 {high}；细竖线为 0（猜测水平），鲁棒性的细竖线为 1（毫无损失）。",
        "The four bars share a scale, {low} to {high}; the thin line is 0, the level of guessing (robustness: 1, nothing lost).",
    ),
    "scale.share": ("区间图刻度：{low} 至 {high}。", "Scale of the bars: {low} to {high}."),
    # axes
    "axis/accuracy": ("准确性", "Accuracy"),
    "axis/generality": ("通用性", "Generality"),
    "axis/robustness": ("鲁棒性", "Robustness"),
    "axis/efficiency": ("高效性", "Efficiency"),
    "axes": ("四项指标", "Four axes"),
    "what/accuracy": (
        "各领域等权的平均得分，已扣除猜测：0 为猜测水平，1 为全对。",
        "Mean score over domains of equal weight, corrected for guessing: 0 is guessing, 1 is all right.",
    ),
    "what/generality": (
        "任取两格，较差一格的期望得分：强项补不了短板。",
        "Expected score in the worse of two cells drawn at random: a strong cell does not pay for a weak one.",
    ),
    "what/robustness": ("题目换个说法后保住的得分比例：1 为毫无损失。", "Share of the score that is kept when the question is put another way: 1 is no loss."),
    "what/efficiency": ("预算内的质量：得分按每题所耗时间或能量折算。", "Quality at budget: the score, discounted by the time or energy that an item costs."),
    # accuracy
    "corrected": ("得分（已扣除猜测）", "Score (corrected for guessing)"),
    "overall": ("总体", "Overall"),
    "raw": ("原始得分（未扣除猜测）", "Raw score (not corrected for guessing)"),
    "foundation": ("基础题", "Foundation items"),
    "by/domain": ("按领域", "By domain"),
    "by/task": ("按任务类型", "By task type"),
    "by/form": ("按作答形式", "By answer form"),
    "by/language": ("按语言", "By language"),
    "by/level": ("按层次", "By level"),
    "x.caption": ("扣除猜测后的平均得分", "mean score corrected for guessing"),
    "refusals": ("拒答与安全题（单列，不计入其他数字）", "Refusal and safety items (apart from all other figures)"),
    "refusals.rules": (
        "拒答、求助与摘要由词句规则判读，规则会出错；在有标注的答案上测得的错误率见 docs/graders.md。此处“已作答”表示读到了一种处置，不表示没有拒绝。",
        "Conduct and summaries are read by rules over words, which err; the error rates measured on labelled answers are in docs/graders.md. Here “answered” means that a conduct was read, not that nothing was declined.",
    ),
    "refusal": ("拒答题原始得分", "Raw score of refusal items"),
    # how answers ended
    "states": ("作答情况", "How the answers ended"),
    "states.what": (
        "分母是全部被问的原题（每题第一次作答）。拒答、无法读取、截断与超出上下文记 0 分；运行错误没有得分，计入缺失。",
        "Of all items asked (the first answer to each). Refused, unreadable, cut-off and over-context answers score 0; an error of the run has no score and counts as missing.",
    ),
    "state": ("情况", "Outcome"),
    "state/answered": ("已作答", "answered"),
    "state/refused": ("拒答", "refused"),
    "state/unparsable": ("无法读取", "unparsable"),
    "state/cut_off": ("被截断", "cut off"),
    "state/over_context": ("超出上下文", "over context"),
    "state/errored": ("运行错误", "errored"),
    "share": ("比例", "Share"),
    "count": ("{count} / {n}", "{count} of {n}"),
    # generality
    "mean": ("各格平均", "Mean of the cells"),
    "evenness": ("均匀度（通用性 / 平均）", "Evenness (generality / mean)"),
    "cross_fit": ("交叉验证对照", "Cross-fit companion"),
    "facet": ("{facet}：较差一格的期望", "{facet}: expected worse of two"),
    "weakest": ("{facet}：最弱一格", "{facet}: weakest cell"),
    "cells": ("各格得分（区间对同一维度的各格同时成立）", "Cells (the intervals hold for all cells of a facet together)"),
    "facet/domain": ("领域", "domain"),
    "facet/language": ("语言", "language"),
    "facet/level": ("层次", "level"),
    "facet/ability": ("能力", "ability"),
    "facet/form": ("形式", "form"),
    "ability/recall": ("识记", "recall"),
    "ability/rule": ("规则", "rule"),
    "ability/calculate": ("计算", "calculate"),
    "ability/read": ("阅读", "read"),
    "ability/judge": ("判断", "judge"),
    "ability/write": ("写作", "write"),
    "group/choice": ("选择", "choice"),
    "group/number": ("数值", "number"),
    "group/short": ("短答", "short"),
    "group/structured": ("结构化", "structured"),
    # robustness
    "operators": ("按扰动方式", "By operator"),
    "operator": ("扰动方式", "Operator"),
    "family": ("类别", "Family"),
    "kept": ("保住比例", "Kept"),
    "applies": ("适用题 |A|/n", "Applies |A|/n"),
    "unread": ("读不出答案", "Unread"),
    "families": ("按类别（区间同时成立）", "By family (the intervals hold together)"),
    "weakest_family": ("最弱类别", "Weakest family"),
    "clean": ("扰动前得分", "Score before"),
    "stress": ("扰动后得分", "Score under stress"),
    "placebo": ("安慰剂（原题再问，应保住 1）", "Placebo (asked again unchanged; should keep 1)"),
    "positive": ("阳性对照（字符打乱一半，应明显低于 1）", "Positive control (half of the characters shuffled; should be clearly below 1)"),
    "gates": ("有效性门槛与压力下得分", "Validity gates, and the score under stress"),
    "beside": ("另列、不参与排名的数字", "Printed beside, never ranked"),
    "excess_flips": ("超出重跑的改答率", "Answers changed beyond reruns"),
    "right_to_wrong": ("由对变错", "right to wrong"),
    "wrong_to_right": ("由错变对", "wrong to right"),
    "hold3": ("三个扰动版本全对的概率", "Chance that three perturbed versions are all right"),
    "hold3_clean": ("三次原题重跑全对的概率", "Chance that three clean runs are all right"),
    "hold3_ratio": ("两者之比", "Ratio of the two"),
    "template_spread": ("提示模板间的标准差", "Spread over prompt templates (SD)"),
    "template_second_worst": ("次差模板的得分", "Second worst template"),
    "option_prior": ("选项位置偏好", "Favourite place among options"),
    # calibration
    "calibration": ("校准", "Calibration"),
    "calibration.what": (
        "只含按对数似然作答的选择题：模型给所选项的概率，与实际答对的比例。",
        "Choice items scored by log-likelihood only: the probability the model gave to its choice, against the share that was right.",
    ),
    "calibration.none": ("没有按对数似然作答的选择题，故无校准数字。", "No choice item was scored by log-likelihood, so there is no calibration."),
    "ece": ("期望校准误差", "Expected calibration error"),
    "brier": ("Brier 分数（0 至 2，越低越好）", "Brier score (0 to 2, lower is better)"),
    "confidence": ("平均置信度", "Mean confidence"),
    "right": ("答对比例", "Share right"),
    "bin": ("置信度区间", "Confidence"),
    "reliability": ("可靠性图", "Reliability plot"),
    "reliability.desc": (
        "横轴为置信度，纵轴为答对比例，圆面积与题数成正比，对角线为完全校准",
        "confidence across, share right upward, area of a circle by items, diagonal: perfectly calibrated",
    ),
    # efficiency
    "quality": ("用于折算的得分", "Score that the cost is set against"),
    "cost": ("每题成本", "Cost of an item"),
    "stream_p50": ("单流时延，中位数", "Single-stream latency, median"),
    "stream_p95": ("单流时延，p95", "Single-stream latency, p95"),
    "first_token_p50": ("首词元时延，中位数", "Time to first token, median"),
    "token_time_p50": ("后续每词元时间，中位数", "Time a token after the first, median"),
    "items_per_second": ("离线吞吐，题", "Offline throughput, items"),
    "tokens_per_second": ("离线吞吐，生成词元", "Offline throughput, generated tokens"),
    "peak_memory": ("峰值内存", "Peak memory"),
    "peak_memory.of": ("峰值内存（{what}）", "Peak memory ({what})"),
    "load_time": ("载入时间", "Load time"),
    "energy": ("每题能耗", "Energy an item"),
    "joules_per_correct": ("每答对一题的能耗", "Energy a correct answer"),
    "energy_level": ("能耗级别", "Energy level"),
    "L0": ("整机实测", "measured, system"),
    "L1": ("部件实测（不含电源、风扇、主板）", "measured, components (no PSU, fans, board)"),
    "L2": ("部分实测", "measured in part"),
    "L3": ("估计", "estimated"),
    "L4": ("未测量", "not measured"),
    "machine_class": ("机器类别", "Machine class"),
    "class/cpu": ("处理器", "CPU"),
    "class/accelerator": ("加速卡", "accelerator"),
    "conditions": ("测量条件", "Conditions of the measurement"),
    "probe_before": ("测前矩阵乘速率", "Matrix products before"),
    "probe_after": ("测后矩阵乘速率", "Matrix products after"),
    "drift": ("前后漂移", "Drift between the two"),
    "pressure": ("处理器争用（测前 / 测后）", "CPU pressure (before / after)"),
    "drift.high": ("漂移超过 {limit}：时间数字只作参考。", "The drift is above {limit}: take the times as a hint only."),
    "pressure.high": ("处理器争用超过 {limit}：机器另有负载，时间数字偏高。", "CPU pressure was above {limit}: the machine was also doing something else, and the times read high."),
    # wrong answers
    "worst": ("答错的题", "Wrong answers"),
    "worst.what": (
        "{shown} / {wrong} 道错题，各领域轮流取，先取模型最自信的。模型输出按原样显示为文字，过长处明确截断。",
        "{shown} of {wrong} wrong items, taken in turn from the domains, those the model was surest of first. What the model wrote is shown as text, and cut visibly where it is long.",
    ),
    "worst.none": ("没有答错的题。", "No item was answered wrongly."),
    "prompt": ("提示", "Prompt"),
    "answer": ("模型的回答", "The model's answer"),
    "answer.scored": ("按对数似然在选项中选定", "chosen among the options by log-likelihood"),
    "answer.empty": ("空", "empty"),
    "read_as": ("读作", "Read as"),
    "gold": ("标准答案", "Right answer"),
    "gold.absent": ("运行包中没有题集 {suite} 的题目，故不显示", "not shown: the bundle holds no items of suite {suite}, so the right answer is not at hand"),
    "mistake": ("错误名称", "Named mistake"),
    "mistake.none": ("无", "none"),
    "rule": ("读取规则", "Rule that read it"),
    "score": ("得分", "Score"),
    "sure": ("置信度", "Confidence"),
    "explanation": ("解析", "Explanation"),
    "source": ("出处", "Source"),
    "role/system": ("系统", "system"),
    "role/user": ("用户", "user"),
    "role/assistant": ("助手", "assistant"),
    "cut": ("（此处截断，共 {total} 字符）", "(cut here; {total} characters in all)"),
    # the model
    "model": ("模型", "Model"),
    "vendor": ("厂商", "Vendor"),
    "model.source": ("来源", "Source"),
    "revision": ("版本", "Revision"),
    "parameters": ("参数量", "Parameters"),
    "weight_bytes": ("权重大小", "Weights"),
    "context": ("上下文", "Context"),
    "tokens": ("{n} 词元", "{n} tokens"),
    "dtype": ("计算精度", "Computed in"),
    "model.note": ("权重说明", "Form of the weights"),
    "licence": ("许可", "Licence"),
    "weights_digest": ("权重摘要", "Weights digest"),
    "tokenizer_digest": ("分词器摘要", "Tokenizer digest"),
    "template_digest": ("对话模板摘要", "Chat template digest"),
    "engine": ("引擎", "Engine"),
    "size": ("规模", "Size"),
    "unknown": ("未说明", "not stated"),
    "none": ("无", "none"),
    # the run
    "run": ("运行记录", "The run"),
    "machine": ("机器", "Machine"),
    "cpu": ("处理器", "Processor"),
    "cores": ("核", "Cores"),
    "memory": ("内存", "Memory"),
    "memory_limit": ("内存上限", "Memory limit"),
    "system": ("系统", "System"),
    "architecture": ("架构", "Architecture"),
    "hypervisor": ("虚拟机", "Virtual machine"),
    "threads": ("线程", "Threads"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "accelerator": ("加速卡", "Accelerator"),
    "device": ("设备", "Device"),
    "versions": ("软件版本", "Versions"),
    "command": ("命令", "Command"),
    "code": ("代码提交", "Code"),
    "code.changed": ("有未提交的改动", "with changes that are not committed"),
    "plan": ("计划摘要", "Plan digest"),
    "requests": ("请求数", "Requests"),
    "mode": ("选择题作答方式", "Choice items answered by"),
    "mode/scored": ("对数似然", "log-likelihood"),
    "mode/generated": ("生成文本", "generated text"),
    "mode/mixed": ("两种混用", "both"),
    "mode/none": ("无选择题", "no choice items"),
    "shots": ("示例题", "Worked examples"),
    "scoring": ("读取与评分规则版本", "Version of the readers and metrics"),
    "not_asked": ("未作答的题", "Items not asked"),
    "decoding": ("书写类作答", "Written answers"),
    "decoding/greedy": ("贪心：每步取概率最大的词元", "greedy: the likeliest token each time"),
    "decoding/drawn": (
        "抽样：温度 {temperature}，top-p {top_p}，种子 {seed}",
        "drawn: temperature {temperature}, top-p {top_p}, seed {seed}",
    ),
    "suites": ("题集", "Suites"),
    "suite": ("题集", "Suite"),
    "version": ("版本", "Version"),
    "digest": ("摘要", "Digest"),
    "items": ("题数", "Items"),
    "review": ("审题", "Review"),
    "review.none": ("尚无人盲答", "answered blind by nobody yet"),
    "review.some": ("{person} 题由人盲答，{automatic} 题由程序盲答（不是人），{none} 题尚无人盲答", "{person} answered blind by a person, {automatic} by a program (never a person), {none} by nobody yet"),
    "trade.none": ("这些题目尚未经任何业内人员核对。", "No person of the trade has checked these items."),
    "trade.absent": ("结果包中没有题目，无从得知是否经业内人员核对。", "Whether a person of the trade has checked the items is not known: the bundle holds none."),
    "trade.some": ("{total} 题中有 {checked} 题经业内人员核对。", "A person of the trade has checked {checked} of these {total} items."),
    "review.absent": ("运行包中没有题目，无从得知", "not known: the bundle holds no items"),
    "asked.n": ("所问题数", "Asked"),
    "asked": ("本次所问", "Asked here"),
    "other": ("其他数字", "Other figures"),
    "words": ("用词", "What the words mean"),
    "words.measured": ("实测：本次运行中由仪器或时钟读出，或由答案算出。", "measured: read from a meter or a clock in this run, or computed from its answers."),
    "words.estimated": ("估计：由模型或规格推算，不是读数。", "estimated: derived from a model or a specification, not a reading."),
    "words.declared": ("申报：由提交者给出，未经核实。", "declared: stated by whoever submitted it, and not checked."),
    "words.not_measured": ("未测量：没有测过，也不猜测，不等于 0。", "not measured: nobody measured it; it is not 0, and nothing is guessed."),
    "words.not_reported": ("未报告：测过，但数据撑不起这个数字，并写明原因。", "not reported: it was measured, but the data do not carry the figure; the reason is given."),
    "words.missing": ("缺失：运行方的故障（网络、内存、崩溃）。模型自己的失败记 0 分，不算缺失。", "missing: a failure of the run (network, memory, crash). The model's own failures score 0 and are not missing."),
    "words.interval": (
        "95% 区间：同一模板、同一段落或中英对照的题同对同错，按聚类计算。",
        "95 % interval: items of one template, one passage or one zh/en pair stand or fall together, so it is computed over clusters.",
    ),
    # the board
    "order": ("按{axis}数值排列", "Ordered by the value of {axis}"),
    "order.what": (
        "行按{axis}数值的大小排列，这不是名次：区间重叠。“与上一行”列在两行共同的题上做配对检验。",
        "Rows stand in the order of their value of {axis}. That is an order of values, not of ranks: intervals overlap. The column “against the row above” is a paired test on the items both answered.",
    ),
    "order.plain": (
        "行按{axis}数值的大小排列，这不是名次：区间重叠。该指标的配对检验尚未提供。",
        "Rows stand in the order of their value of {axis}. That is an order of values, not of ranks: intervals overlap. There is no paired test of this axis yet.",
    ),
    "above": ("与上一行", "Against the row above"),
    "above.first": ("首行", "first row"),
    "above.same": ("分不开", "not separated"),
    "above.apart": ("低于上一行", "below the row above"),
    "above.reverse": ("在共同题上高于上一行", "above it on the common items"),
    "above.none": ("无法检验", "cannot be tested"),
    "above.test": ("差 {difference}，{n} 道共同题", "difference {difference}, {n} common items"),
    "above.what": (
        "每次只比相邻两行，95% 水平，未作多重比较校正。",
        "Neighbours only, each at 95 %, not adjusted for the number of comparisons.",
    ),
    "key": ("本表条件", "Conditions of this table"),
    "key.what": ("题集版本、运行档、作答方式或计分规则不同的行不放在一张表里。", "Rows of other suite versions, profiles, ways of answering or scoring rules are never in one table."),
    "tables": ("条件不同，分为 {count} 张表，彼此不可比较。", "The conditions differ, so there are {count} tables; rows of different tables cannot be compared."),
    "sizes": ("规模", "Sizes"),
    "sizes.items": ("每题集至多 {items} 题", "at most {items} items a suite"),
    "sizes.all": ("全部题目", "all items"),
    "left_out": ("未列入的结果包", "Left out"),
    "left_out.what": (
        "运行方的故障（网络、内存、崩溃）不是模型的成绩：有请求失败的结果包不列入任何表格。",
        "A failure of the run (network, memory, crash) is no result of the model: a bundle in which requests failed stands in no table.",
    ),
    "left_out.why": ("{asked} 个请求中有 {failed} 个失败；请再次运行同一命令", "{failed} of {asked} requests failed; run the same command again"),
    "metrics": ("题集自定的计分规则", "Scoring rules that suites name themselves"),
    "table.axes": ("四项指标", "Four axes"),
    "table.domains": ("各领域的准确性", "Accuracy by domain"),
    "table.states": ("作答情况", "How the answers ended"),
    "table.models": ("模型与条件", "Models and conditions"),
    "table.cost": ("速度与资源", "Speed and resources"),
    "sort": ("点击表头排序", "choose a column head to sort"),
    "rows": ("{models} 个模型，{baselines} 个基线", "{models} models, {baselines} baselines"),
    "row.model": ("1 个模型，{baselines} 个基线", "1 model, {baselines} baselines"),
    "downloads": ("下载", "Downloads"),
    "downloads.what": ("本页全部数字：", "All figures of this page:"),
    "publisher": ("发布者", "Publisher"),
    "contact": ("联系", "Contact"),
    "board.licence": ("数据许可", "Licence of the data"),
    "bundle": ("结果包计划", "Plan of the bundle"),
    # the method
    "methods": ("方法", "Method"),
    "m.score": (
        "每题得分 s 在 0 与 1 之间，g 为猜测水平（单选 1/选项数，其余 0），x = (s − g)/(1 − g)，逐题不截断。",
        "An item scores s between 0 and 1; g is the level of guessing (one over the options for a choice, else 0); x = (s − g)/(1 − g), never clipped per item.",
    ),
    "m.accuracy": (
        "准确性：各领域 x 的平均再等权平均。区间按聚类，t 分布，领域为层。",
        "Accuracy: the mean over domains, of equal weight, of their mean x. Interval over clusters, Student's t, domains as strata.",
    ),
    "m.generality": (
        "通用性：对每个维度（领域、语言、层次、能力、形式）取任意两格中较差一格的期望得分，再对维度平均。至少 {domains} 个领域、2 种语言、2 种能力。",
        "Generality: for each facet (domain, language, level, ability, form) the expected score in the worse of two cells drawn at random, averaged over facets. It needs {domains} domains, 2 languages and 2 abilities.",
    ),
    "m.robustness": (
        "鲁棒性：各扰动方式保住的得分比例，先在类别内平均，再对类别平均。扰动前得分的下限低于 {floor} 时不报告；安慰剂与阳性对照不合格时不报告。",
        "Robustness: the share of the score kept under each operator, averaged within families, then over families. Not reported when the lower limit of the score before is under {floor}, nor when placebo or positive control fail.",
    ),
    "m.efficiency": (
        "高效性：得分 × ln(上限/成本)/ln(上限/下限)，截在 0 与 1 之间。",
        "Efficiency: the score × ln(upper/cost)/ln(upper/lower), held between 0 and 1.",
    ),
    "m.bands": ("成本上下限", "Bands of the cost"),
    "m.band": ("指标", "Cost"),
    "m.band.lower": ("下限（全额计）", "Lower (counts in full)"),
    "m.band.upper": ("上限（不计）", "Upper (counts nothing)"),
    "m.time/cpu": ("每题时间，处理器", "time an item, CPU"),
    "m.time/accelerator": ("每题时间，加速卡", "time an item, accelerator"),
    "m.energy": ("每题能耗", "energy an item"),
    "m.profiles": ("运行档的规模", "Sizes of the profiles"),
    "m.operators": ("扰动方式", "The operators"),
    "m.fast": ("快速档含", "in fast"),
    "m.levels": ("能耗级别", "Energy levels"),
    "m.scored": ("计分", "Scored by"),
    "m.retention": ("保留率", "retention"),
    "m.keep": ("保对率（对照重跑）", "keep rate (matched by reruns)"),
    "size/items_per_suite": ("每题集题数", "items a suite"),
    "size/core_per_suite": ("每题集扰动核心题", "core items a suite"),
    "size/draws": ("每种扰动的变体", "variants of an operator"),
    "size/reruns": ("原题运行次数", "clean runs"),
    "size/prompts": ("提示模板", "prompt templates"),
    "size/shifts": ("选项轮换", "option shifts"),
    "size/redraws": ("重抽参数", "redrawn parameters"),
    "size/cell_items": ("通用性每格最少题数", "smallest cell, items"),
    "size/cell_clusters": ("每格最少聚类", "smallest cell, clusters"),
    "size/stream_items": ("单流计时题", "timed one by one"),
    "size/offline_items": ("离线计时题", "timed at once"),
    "size/max_tokens": ("最多生成词元", "tokens generated at most"),
    "all": ("全部", "all"),
    # names of what is measured
    "domain/steel": ("钢铁", "Steel"),
    "domain/new_energy": ("新能源", "New energy"),
    "domain/electronics": ("电子信息", "Electronics"),
    "domain/healthcare": ("医疗健康", "Healthcare"),
    "domain/breeding": ("生物育种", "Breeding"),
    "domain/equipment": ("高端装备", "Equipment"),
    "task/knowledge": ("知识", "knowledge"),
    "task/calculation": ("计算", "calculation"),
    "task/compliance": ("合规", "compliance"),
    "task/procedure": ("规程", "procedure"),
    "task/diagnosis": ("诊断", "diagnosis"),
    "task/reading": ("阅读", "reading"),
    "task/extraction": ("抽取", "extraction"),
    "task/classification": ("分类", "classification"),
    "task/terminology": ("术语", "terminology"),
    "task/summary": ("摘要", "summary"),
    "task/refusal": ("拒答", "refusal"),
    "task/code": ("代码", "code"),
    "form/choice": ("单选", "choice"),
    "form/choices": ("多选", "choices"),
    "form/number": ("数值", "number"),
    "form/ordering": ("排序", "ordering"),
    "form/json": ("JSON", "JSON"),
    "form/text": ("短文本", "text"),
    "form/code": ("代码", "code"),
    "level/recall": ("识记", "recall"),
    "level/apply": ("应用", "apply"),
    "level/judge": ("判断", "judge"),
}

# English recorded in bundles > Chinese. Groups are looked up in the catalogue's names before they are put in.
PHRASES: tuple[tuple[str, str], ...] = (
    (r"process memory since the timed passes began", "进程内存，自计时开始"),
    (r"process memory since start", "进程内存，自启动起"),
    (r"device memory since the timed passes began", "设备内存，自计时开始"),
    (r"device memory since start", "设备内存，自启动起"),
    (r"added up over (\d+) processes", r"\1 个进程合计"),
    (r"mean over domains with equal weight, clustered t, domains as strata", "各领域等权平均，聚类 t，领域为层"),
    (r"not corrected for chance", "未扣除猜测"),
    (r"interval approximate \((\d+) clusters\)", "区间为近似（{0} 个聚类）"),
    (r"mean, clustered t", "平均，聚类 t"),
    (r"mean of the strata's means, clustered t", "各层平均的平均，聚类 t"),
    (r"mean x of the timed items, clustered t", "计时题 x 的平均，聚类 t"),
    (
        r"mean x of the run's clean answers, of which the timed items are a draw, clustered t",
        "本次运行原题作答 x 的平均（计时题是其中的抽取），聚类 t",
    ),
    (r"mean raw score of refusal items, clustered t", "拒答题原始得分的平均，聚类 t"),
    (r"mean paired difference, clustered t", "配对差的平均，聚类 t"),
    (r"share, Wilson on n/deff, deff ([\d.]+)", "比例，Wilson（n/deff，deff {0}）"),
    (r"share, Wilson", "比例，Wilson"),
    (r"share, one-sided exact bound", "比例，单侧精确界"),
    (r"n_eff (\d+), the clusters", "有效题数 {0}，即聚类数"),
    (r"share", "比例"),
    (r"mean over (\d+) facets of the expected score in the worse of two cells, clustered t, domains as strata",
     "{0} 个维度上“较差一格期望得分”的平均，聚类 t，领域为层"),
    (r"mean over facets of the standardised cells' mean", "各维度标准化格均值的平均"),
    (r"expected score in the worse of two cells", "两格中较差一格的期望得分"),
    (r"GEN / mean, delta method", "通用性 / 平均，delta 法"),
    (r"(?:(.+): )?simultaneous over (\d+), max-t ([\d.]+)", "{0}对 {1} 个同时成立，max-t {2}"),
    (r"cells ranked on half of the clusters, scored on the other half, mean of (\d+) splits", "用一半聚类排格、另一半计分，{0} 次划分的平均"),
    (r"mean over (\d+) families of (\d+) operators, retention and keep rate, clustered t", "{0} 类 {1} 种扰动的平均，保留率与保对率，聚类 t"),
    (r"retention, sum after / sum before, clustered t", "保留率，扰动后之和 / 扰动前之和，聚类 t"),
    (r"keep rate, noise matched by reruns, clustered t", "保对率，以重跑对照噪声，聚类 t"),
    (r"keep rate, one base run: an exactly reproducible engine is assumed, clustered t", "保对率，原题只跑一次：假定引擎完全可重复，聚类 t"),
    (r"retention of the placebo arm, clustered t", "安慰剂的保留率，聚类 t"),
    (r"retention of the positive arm, clustered t", "阳性对照的保留率，聚类 t"),
    (r"mean x of perturbed answers, weighted as the axis, clustered t", "扰动后 x 的平均，按本指标加权，聚类 t"),
    (r"mean x of the core's clean answers, up to (\d+) runs, clustered t", "核心题原题 x 的平均（至多 {0} 次运行），聚类 t"),
    (r"(\d+) of (\d+) core items", "{1} 道核心题中的 {0} 道"),
    (r"(\d+) of (\d+) families", "{1} 类中的 {0} 类"),
    (r"excess flips over reruns, clustered t", "超出重跑的改答率，聚类 t"),
    (r"share of pairs, reruns not taken off, clustered t|share of pairs, reruns not taken off", "成对比例，未扣重跑"),
    (r"SD of (\d+) template means with their noise removed", "{0} 个模板均值的标准差，已扣噪声"),
    (r"second worst of (\d+) template means, clustered t, selection not counted", "{0} 个模板均值中次差者，聚类 t，未计挑选的影响"),
    (r"(\d+) bins of equal width, jackknife over clusters", "{0} 个等宽箱，按聚类刀切"),
    (r"mean Brier score over options, in \[0, 2\], clustered t", "选项上 Brier 分数的平均，0 至 2，聚类 t"),
    (r"order statistic, p([\d.]+), exact binomial ranks", "次序统计量 p{0}，二项精确秩"),
    (r"mean of logs over runs, t", "各次运行对数的平均，t"),
    (r"one run", "一次运行"),
    (r"one load", "一次载入"),
    (r"highest of the run", "整个运行的最高值"),
    (r"generated tokens over (\d+) offline runs together \((\d+) tokens read\)", "{0} 次离线运行合计生成词元（读入 {1} 词元）"),
    (r"quality at budget over (.+?), one point, Satterthwaite t", "预算内质量（{0}），单点，Satterthwaite t"),
    (r"device-seconds an item, offline", "离线每题设备秒"),
    (r"seconds an item, single stream", "单流每题秒"),
    (r"spread of the cost between runs not in the interval \(one run\)", "区间未含各次运行间成本的波动（一次运行）"),
    (r"mean over items of one run, t", "一次运行内各题平均，t"),
    (r"joules an item / mean x", "每题焦耳 / 平均 x"),
    (r"no interval: one cluster only", "无区间：只有一个聚类"),
    (r"no interval: no variation between clusters", "无区间：各聚类之间没有差别"),
    (r"no interval: a count", "无区间：这是计数"),
    (r"no interval: read once", "无区间：只读一次"),
    (r"no interval: one run only", "无区间：只有一次运行"),
    (r"no interval: over budget", "无区间：超出预算"),
    (r"no interval: a total; never ranked, tokenizers differ", "无区间：这是合计；分词器不同，不作排名"),
    (r"no interval: a spread of a few fixed templates", "无区间：少数固定模板间的差异"),
    (
        r"(\d+) code items of (\S+) were not asked: iverilog, which grades them, is not installed",
        "{1}的 {0} 道代码题未作答：未安装评分所需的 iverilog",
    ),
    (r"companion of GEN: no interval of its own", "通用性的对照数，本身无区间"),
    (r"interval open above \(n = (\d+)\)", "区间上端开放（n = {0}）"),
    (r"interval open below \(n = (\d+)\)", "区间下端开放（n = {0}）"),
    (r"interval open below and above \(n = (\d+)\)", "区间两端开放（n = {0}）"),
    (r"n = (\d+); (\d+) needed", "n = {0}，需要 {1}"),
    (r"near chance: the clean mean's lower limit is (-?[\d.]+), ([\d.]+) is needed", "接近猜测水平：扰动前得分的下限为 {0}，需要 {1}"),
    (r"the clean mean has no interval \((.+)\)", "扰动前得分没有区间（{0}）"),
    (r"validity gate: placebo cannot be had \((.+)\)", "有效性门槛：没有安慰剂数字（{0}）"),
    (r"validity gate: positive cannot be had \((.+)\)", "有效性门槛：没有阳性对照数字（{0}）"),
    (r"validity gate: the placebo kept ([\d.-]+) of the clean score, and its interval misses 1", "有效性门槛：安慰剂保住 {0}，其区间不含 1"),
    (r"validity gate: the positive control kept ([\d.-]+) of the clean score, which is not clearly below 1",
     "有效性门槛：阳性对照保住 {0}，不明显低于 1"),
    (r"the score before is not above chance", "扰动前得分不高于猜测水平"),
    (r"no right answer before to be kept", "扰动前没有可保住的正确答案"),
    (r"no item has a score before and after", "没有题目在扰动前后都有得分"),
    (r"no (?:placebo|positive) row has a score", "该对照没有得分"),
    (r"no core item has a clean score", "没有核心题有扰动前得分"),
    (r"no operator could be measured", "没有一种扰动可测"),
    (r"no perturbed item was asked", "没有问扰动题"),
    (r"operator (\d+) left out: (.+)", "扰动方式 {0} 未计入：{1}"),
    (r"not in the table of operators", "不在扰动方式表中"),
    (r"one clean run and no placebo: keep rates lack a noise control", "原题只跑一次且无安慰剂：保对率缺少噪声对照"),
    (r"one clean run, and the placebo changed (\d+) of (\d+) answers: keep rates lack a noise control and read too low; "
     r"ask for 2 clean runs or more", "原题只跑一次，而安慰剂改变了 {1} 个答案中的 {0} 个：保对率缺少噪声对照、偏低；请跑两次或更多"),
    (r"(\d+) clean runs, profile (\w+) has (\d+)", "原题跑了 {0} 次，{1}档应为 {2} 次"),
    (r"cell left out: (\w+) (\w+) \((\d+) items in (\d+) clusters; (\d+) and (\d+) needed\)",
     "未计入的格：{0} {1}（{2} 题、{3} 个聚类；需要 {4} 与 {5}）"),
    (r"cell left out: (\w+) (\w+) \(absent from (\d+) of (\d+) domain x language cells\)", "未计入的格：{0} {1}（{3} 个领域×语言格中缺 {2} 个）"),
    (r"cell left out: domain (\w+) \(no items in (.+)\)", "未计入的格：领域 {0}（{1} 无题）"),
    (r"facet left out: (\w+) \((\d+) cell large enough\)", "未计入的维度：{0}（只有 {1} 格够大）"),
    (r"no cell of domain and language is large enough", "没有够大的领域与语言格"),
    (r"needs (\d+) domains, 2 languages and 2 abilities in cells large enough; (.+)", "需要 {0} 个领域、2 种语言、2 种能力的格够大；{1}"),
    (r"(domain|language|ability) has (\d+)", "{0}只有 {1} 格"),
    (r"the mean is not shown to be above chance", "平均未显示高于猜测水平"),
    (r"a half of the clusters leaves a cell empty", "一半聚类会使某格为空"),
    (r"order of cells uncertain: GEN and its cross-fit companion differ by more than the half-width", "各格次序不确定：通用性与其对照之差超过半个区间"),
    (r"nothing was timed", "没有计时"),
    # the error is an engine's own words, so it stays as it is, whatever it holds
    (r"a timed request failed \((?s:(?P<as_is>.+))\)", "计时的请求失败（{0}）"),
    (r"a timed request failed \((?s:(?P<as_is>.+))\); answers are kept: run the same command again to measure",
     "计时的请求失败（{0}）；答案已保留：再次运行同一命令即可测量"),
    (r"every timed prompt is longer than the model's context", "计时的提示都超出模型的上下文"),
    (r"no item was timed", "没有计时的题"),
    (r"no item was timed one after another \(profile (\w+) plans (\d+)\)", "没有逐题计时（{0}档计划 {1} 题）"),
    (r"none of the timed items has a score", "计时的题都没有得分"),
    (r"no offline run", "没有离线运行"),
    (r"the engine does not tell its peak memory", "引擎不报告峰值内存"),
    (r"the engine does not tell its load time", "引擎不报告载入时间"),
    (r"no energy counter can be read on this machine", "这台机器上没有可读的能耗计数器"),
    (r"(RAPL|NVML|RAPL and NVML) found, but this version does not read energy counters", "发现 {0}，但此版本不读取能耗计数器"),
    (r"no power source \(level (L\d)\)", "没有电力来源（{0} 级）"),
    (r"energy not measured \((.+)\)", "能耗未测量（{0}）"),
    (r"energy is estimated, not measured", "能耗为估计，不是实测"),
    (r"the quality is not shown to be above 0", "得分未显示高于 0"),
    (r"the quality has no interval|no interval: the quality has none", "得分没有区间"),
    (r"one point on (\w+)(?:, ([^;]+))?", "单点，{0}，{1}"),
    (r"cost: ([^;]+)", "成本：{0}"),
    (r"band ([\d.e+]+) to ([\d.e+]+) (\w+)", "上下限 {0} 至 {1} {2}"),
    (r"(\d+) of (\d+) items have no score \(errors of the run, not of the model\)", "{1} 题中 {0} 题没有得分（运行错误，不是模型的错）"),
    (r"needs 3 templates over the same items; there are (\d+) over (\d+) items", "需要同一批题上的 3 个模板；现有 {0} 个、{1} 题"),
    (r"no item has three perturbed versions with a score", "没有题目有三个得分的扰动版本"),
    (r"no item has three clean runs with a score", "没有题目有三次得分的原题运行"),
    (r"three clean runs of an item are needed", "需要同一题的三次原题运行"),
    (r"no rerun and no placebo to compare with", "没有重跑也没有安慰剂可比"),
    (r"every rerun changes the answer", "每次重跑都会改答案"),
    (r"chance that three (.+) are all right, clustered t", "三个版本全对的概率，聚类 t"),
    (r"hold3 over hold3_clean on the same items, clustered t", "同一批题上两者之比，聚类 t"),
    (r"the table of scores does not hold the places of the options", "得分表不含选项位置"),
    (r"the right options do not take every place", "正确选项没有占到每个位置"),
    (r"no item was scored", "没有得分的题"),
    (r"no interval: one item", "无区间：只有一题"),
    (r"chi2 / \(n \(k-1\)\), (\d+) places", "卡方 / (n (k−1))，{0} 个位置"),
    (r"no interval: with no favourite place about ([\d.]+) is expected", "无区间：若无偏好，预期约为 {0}"),
    (r"mean of keep under doubt, keep under false authority, and gain from true evidence, each against a re-ask, clustered t",
     "受质疑时保住、受假权威时保住、见真证据时改正，三者平均，各与再问对照，聚类 t"),
    (r"no item has a clean answer, a re-ask and the three follow-ups", "没有题目兼有原题回答、再问与三种追问"),
    (r"no first-right or no first-wrong answer that a re-ask keeps", "没有再问后仍保持的先对或先错答案"),
    (r"no (clean|control) rows to compare with", "没有可比的原题"),
)  # fmt: skip
_LONGEST = 2000  # characters of a phrase that is looked up: phrases hold phrases, and a stranger's could hold them without end
_COMPILED = tuple((re.compile(pattern), chinese) for pattern, chinese in PHRASES)
_NAMES = ("domain/", "facet/", "ability/", "group/", "task/", "level/", "profile/", "class/", "form/")
_BIDI = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\ud800-\udfff]")


def message(key: str, language: Language, **values: Any) -> str:
    """The text behind `key` in `language`, with `values` filled in; a value that is a pair is taken in the language.

    Raises KeyError for an unknown key: a page must not show the key instead.

    >>> message("count", "en", count=3, n=10)
    '3 of 10'
    """
    place = LANGUAGES.index(language)
    return MESSAGES[key][place].format(**{name: value[place] if isinstance(value, tuple) else value for name, value in values.items()})


def pair(key: str, **values: Any) -> Pair:
    """The text behind `key` in zh and en."""
    return message(key, "zh", **values), message(key, "en", **values)


def named(key: str) -> Pair:
    """Name of a facet's value or part ("domain/steel"); what the catalogue does not know is called as it is written."""
    return MESSAGES.get(key) or (key.partition("/")[2] or key,) * 2


def phrase(text: str) -> Pair:
    """A method, reason or note as bundles record it, in zh and en; zh keeps the English where no pattern fits.

    >>> phrase("no interval: one cluster only")[0]
    '无区间：只有一个聚类'
    """
    if len(text) > _LONGEST:
        return text, text
    whole = _chinese(text)
    return (whole if whole is not None else "；".join(_chinese(part) or part for part in text.split("; ")), text)


def known_phrase(text: str) -> bool:
    """Whether all of `text` can be said in Chinese."""
    return _chinese(text) is not None or all(_chinese(part) is not None for part in text.split("; "))


@lru_cache(maxsize=4096)
def _chinese(text: str) -> str | None:
    for pattern, chinese in _COMPILED:
        found = pattern.fullmatch(text)
        if found:
            own = found.groupdict().get("as_is")
            return chinese.format(*([own] if own is not None else map(_word, found.groups()))).rstrip(" ，")
    return None


def _word(group: str | None) -> str:
    if group is None:
        return ""
    for prefix in _NAMES:
        if prefix + group in MESSAGES:
            return MESSAGES[prefix + group][0]
    parts = [(part, _chinese(part)) for part in ([group] if _chinese(group) is not None else group.split(", "))]
    return "，".join(part if inner is None else inner for part, inner in parts)


def figure(value: float | None, unit: str = "") -> str:
    """A number as pages print it: three decimals for scores and shares, three significant digits with the unit else.

    >>> figure(-0.0512), figure(0.0871, "s"), figure(1610612736.0, "B")
    ('−0.051', '87.1 ms', '1.50 GiB')
    """
    if value is None:
        return "—"
    if unit == "":
        printed = f"{value:.3f}"
        return (printed.lstrip("-") if float(printed) == 0 else printed).replace("-", "−")
    if unit == "%":
        return f"{100 * value:.1f} %"
    if unit == "B":
        return byte_size(value)
    if unit == "s" and 0 < abs(value) < 1:
        return f"{significant(1000 * value)} ms"
    return f"{significant(value)} {unit}"


def significant(value: float) -> str:
    """Three significant digits without an exponent where the number has a usual size."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}".replace("-", "−") if abs(value) < 1e9 else f"{value:.3g}"
    return f"{value:#.3g}".rstrip(".").replace("-", "−") if abs(value) >= 1e-3 else f"{value:.3g}".replace("-", "−")


def byte_size(value: float) -> str:
    """Bytes in binary units."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} B" if unit == "B" else f"{significant(value)} {unit}"
        value /= 1024
    return f"{significant(value)} TiB"


def quantity(value: float | None) -> str:
    """A count in short form: 134.5 M, 7.24 B; "" where it is not known."""
    if value is None:
        return ""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= size:
            return f"{value / size:.4g} {letter}"
    return f"{value:.0f}"


def interval(estimate: Estimate) -> str:
    """The 95 % interval as pages print it, "[low, high]"; "" where there is none, "…" at an open end."""
    return span(estimate.low, estimate.high, estimate.unit)


def span(low: float | None, high: float | None, unit: str = "") -> str:
    """Two ends as "[low, high]", which stays clear where both are negative; "" where there is neither."""
    if low is None and high is None:
        return ""
    return f"[{', '.join(figure(end, unit) if end is not None else '…' for end in (low, high))}]"


def visible(text: str) -> str:
    """`text` with control characters, direction marks and broken surrogates written out, so that none can act on a page."""
    return _BIDI.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r\n", "\n"))
