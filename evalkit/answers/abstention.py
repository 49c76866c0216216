"""Whether a text says that its question cannot be answered as it stands.

Rules over the words of a text, in zh and en. A third of the labelled answers (tests/graders) was read while they were written;
their error rates on the rest are published in docs/graders.md.
"""

import re

from evalkit.answers.phrases import sentences_of
from evalkit.answers.places import Read, answer_lines, last_box, quote, tidy
from evalkit.answers.words import is_refusal

_GAP = (
    r"\b(?:can(?:not|'t| not)|could not|couldn't|unable to|not able to|impossible to|not possible to|no way (?:to|of)|not computable"
    r"|can't be)\b"
    r"(?:[^.\n]{0,30}\b(?:be )?(?:determin|calculat|comput|answer|tell|say|know|decid|judg|find|solv|evaluat|conclud|establish|work"
    r"|assess|verif|read|given|done))?"
    r"|\b(?:not enough|insufficient|lack(?:s|ing)?|missing|incomplete|too little|without (?:the|knowing|a|an)|leaves? out|left out"
    r"|omits?|omitted)\b"
    r"|\b(?:is|are|was|were|has|have)(?: not|n't)(?: been)? (?:explicitly |actually |even )?(?:given|specified|provided|stated"
    r"|mentioned|listed|known|defined|available|included|shown|in the|there|on the|part of|told)"
    r"|\b(?:does|do|did)(?: not|n't) (?:give|specify|provide|state|mention|list|say|include|contain|show|tell|exist|have|appear|go)"
    r"|\b(?:we|i|you|one)(?:'d|'ll)? (?:would )?(?:also )?(?:need|require)\b|\bneeds? (?:more|the|to know)\b|\bunknown\b"
    r"|\bundetermined\b|\bindeterminate\b|\bn/?a\b|\bnull\b|\bdepends on\b"
    r"|\bthere(?: is|'s) no\b|\bno such\b|\bno (?:figure|value|data|row|entry|information|weight|mass|number)\b|\bnowhere\b"
    r"|\bstops at\b|\bnot (?:given|stated|specified|provided|listed)\b"
    r"|\b(?:premise|assumption|statement|question) (?:is|seems|appears|contains|rests)[^.\n]{0,20}(?:false|wrong|incorrect|flawed"
    r"|mistaken|impossible|contradict)"
    r"|\bplease (?:provide|specify|give|supply|tell|send)\b|\bwhat(?: is|'s) the [^.?\n]{3,40}\?"
    r"|(?:无法|不能|没法|难以|不可能)[^。\n]{0,12}(?:确定|计算|算|判断|得出|回答|求|给出|知道|判定|推断|查|读|得知|评价|核实|往下)|(?:算|求|查|读|看|定|答|判断)不(?:出|了|下去|到|来)"
    r"|缺少|缺乏|缺失|缺了?|没有给|没给|未给|未提供|没有?提供|未说明|没有?说|没说|未知|不明|未注明|未列|没有列|没列|未提及|没有提|没提|少了|还差|还不够|没这个|没有这|未测|没写|未写"
    r"|(?:信息|条件|数据|资料|题目)[^。\n]{0,6}(?:不足|不够|不全|不完整|有误|缺)|(?:需要|请|得先?|还要)[^。\n]{0,10}(?:提供|补充|知道|给出|告知|说明|告诉)|取决于"
    r"|(?:前提|题设|说法|假设|表述)[^。\n]{0,8}(?:错误|有误|不成立|不对|不正确|矛盾|站不住)|不存在|并没有|并不|查无|本来就没有"
)  # fmt: skip
_ABSTAINS = re.compile(_GAP)
# A gap that is named only to be stepped over.
_ASIDE = re.compile(r"\b(?:not|isn't|aren't|n't) (?:needed|required|necessary|relevant)|\bno(?:t| ) need|don't need|doesn't matter"
    r"|也?不需要|不影响|无需|用不到|用不着")
_ASSUMED = re.compile(
    r"\b(?:assum(?:e|ing|ed)|suppos(?:e|ing)|let(?:'s| us) (?:say|assume|take|go)|taking|take|typical(?:ly)?|commonly|usual(?:ly)?"
    r"|since|reasonable|normally|standard|average|similar|go with)\b"
    r"|假设|假定|按[^。\n]{0,12}(?:计|算|取|考虑)|取[^。\n]{0,8}为|一般|通常|常见|设[^。\n]{0,8}(?:为|=)|默认|经验|大致|估计|类似|差不多"
)  # fmt: skip
_CONDITIONAL = re.compile(r"\b(?:if|for example|e\.g|for instance|were|once you|would give|anything from|range)\b"
    r"|如果|若|例如|比如|譬如|要是|的话")
_COMMITS = re.compile(r"\b(?:so|therefore|thus|hence|gives?|answer|result|is|equals?|approximately|about|we get|comes to)\b|=|≈|所以|因此"
    r"|故|即|约|得|为|是|答案|结果")
_CANNOT_OPTION = re.compile(
    r"(?:cannot|can't|can not|not) (?:be )?(?:determin|calculat|known|decided|computable|possible|given)|insufficient|not enough"
    r"|none of|unknown|n/?a\b|null|missing"
    r"|无法|不能|信息不足|条件不足|以上都不|未知|不确定|undetermin|缺|没有|算不出"
)  # fmt: skip
_DECLINES = re.compile(
    r"\bas an? (?:ai|language model|assistant)\b|\b(?:medical|legal|professional|engineering) (?:advice|decision)\b|\bi(?:'d"
    r"| would) rather not\b|\bi don't answer\b|\bnot going to (?:give|answer|say)\b"
    r"|\bi'm not (?:allowed|able|permitted)\b|\b(?:please )?(?:consult|ask|see|speak to|talk to|directed to) (?:a|an|your"
    r"|the) (?:\w+ )?(?:doctor|physician|paediatrician|pediatrician|pharmacist|professional|engineer|specialist|treating)"
    r"|作为[^。\n]{0,10}(?:模型|助手|ai)|(?:不能|无法|不便|不提供)[^。\n]{0,8}(?:医疗|医学|用药|诊断|专业|解读|建议)|(?:请|建议)[^。\n]{0,8}(?:咨询|就医|请教"
    r"|询问)[^。\n]{0,10}(?:医生|药师|专业|工程师)|由专业[^。\n]{0,8}判"
)  # fmt: skip
_NAMES_A_GAP = re.compile(
    r"missing|\b(?:not|n't)(?: been)? (?:given|provided|specified|stated|listed|known)|without (?:the|knowing)|insufficient"
    r"|not enough|isn't in"
    r"|缺|未给|没有给|没给|未提供|没有提供|未知|信息不足|条件不足|前提"
)


def read_abstention(text: str) -> Read:
    """What `text` does with a question: `value` is "abstained", "answered", "refused" (for another reason) or "neither".

    A stated hypothesis ("if it were 100 t, then ...") beside the statement that something is missing abstains; a value taken
    as given ("assuming 100 t, the answer is ...") answers.
    """
    plain = tidy(text).replace("’", "'").strip()
    folded = plain.casefold()
    if not re.search(r"[0-9a-z一-鿿]", folded) or _repeats(folded):
        return _made("neither", "nothing readable", plain)
    final = _final(plain)
    if final is not None:
        short = final.casefold()
        gap = _CANNOT_OPTION.search(short) or (_ABSTAINS.search(short) and not re.search(r"\d", short))
        return _made("abstained" if gap else "answered", "answer line", final)
    lacks = next((one for one in sentences_of(folded) if _ABSTAINS.search(one) and not _ASIDE.search(one)), "")
    if (is_refusal(plain) or _DECLINES.search(folded)) and not _NAMES_A_GAP.search(folded):
        return _made("refused", "declines for another reason", plain)
    if not lacks or _beside(folded, lacks):
        return _made("answered", "commits to an answer", plain)
    if _assumes_and_commits(folded):
        return _made("answered", "assumes and commits", plain)
    return _made("abstained", "names what is missing", plain)


def _made(value: str, rule: str, shown: str) -> Read:
    return Read(value=value, rule=rule, text=quote(shown), firm=True)


def _repeats(folded: str) -> bool:
    """The same words over and over."""
    words = re.findall(r"[a-zω°µ]+|\d+(?:\.\d+)?|[一-鿿]", folded)
    return len(words) >= 12 and len(set(words)) <= len(words) / 2.6


def _final(plain: str) -> str | None:
    """The box, or the last answer line with something in it."""
    box = last_box(plain)
    if box is not None and box.text.strip():
        return box.text
    return next((place.text for place in answer_lines(plain) if place.text.strip(" *_`.:。：")), None)


def _beside(folded: str, lacks: str) -> bool:
    """A committed figure in front, with the gap in a bracket after it: "the yield is 6.3 t/ha (moisture isn't given)"."""
    bracket = re.search(r"[(（][^()（）]*[)）]", lacks)
    outside = re.sub(r"[(（][^()（）]*[)）]", " ", lacks)
    return bool(bracket) and bool(re.search(r"\d", outside)) and not _ABSTAINS.search(outside)


def _assumes_and_commits(folded: str) -> bool:
    """A value is taken as given, and one of the last two sentences commits to a figure without an if."""
    sentences = sentences_of(folded)
    assumed = any(_ASSUMED.search(one) and not _CONDITIONAL.search(one) for one in sentences)
    last = [one for one in sentences[-2:] if re.search(r"\d", one) and _COMMITS.search(one) and not _CONDITIONAL.search(one)]
    return assumed and bool(last) and not _ABSTAINS.search(sentences[-1])
